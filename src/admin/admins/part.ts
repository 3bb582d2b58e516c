import type { Part } from '../../access/part.ts';
import { addAdminAdministrationRoutes } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    admin_changed: true;
    admin_deactivated: true;
    admin_reactivated: true;
  }
}

export const adminAdministration: Part = {
  routes: addAdminAdministrationRoutes,
  auditEvents: {
    admin_changed: 'A superadmin changed an admin; `fields` lists what',
    admin_deactivated: 'A superadmin deactivated an admin',
    admin_reactivated: 'A superadmin reactivated an admin',
  },
};
