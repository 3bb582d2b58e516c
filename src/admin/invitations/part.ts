import type { Part } from '../../access/part.ts';
import { addInvitationAdministration } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    user_invited: true;
    invitation_resent: true;
  }
}

export const invitationAdministration: Part = {
  routes: addInvitationAdministration,
  auditEvents: {
    user_invited: 'An admin invited a user',
    invitation_resent: 'An admin mailed an invitation again',
  },
};
