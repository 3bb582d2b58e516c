import type { Part } from '../../access/part.ts';
import { userCreation } from './create-user.ts';
import { addUserAdministrationRoutes } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    user_changed: true;
    user_deactivated: true;
    user_reactivated: true;
    user_sessions_revoked: true;
    password_reset_sent: true;
  }
}

export const userAdministration: Part = {
  routes: addUserAdministrationRoutes,
  throttles: [userCreation],
  auditEvents: {
    user_changed: 'An admin changed a user; `fields` lists what',
    user_deactivated: 'An admin deactivated a user',
    user_reactivated: 'An admin reactivated a user',
    user_sessions_revoked: 'An admin ended all sessions of a user',
    password_reset_sent: 'An admin mailed a reset link to a user',
  },
};
