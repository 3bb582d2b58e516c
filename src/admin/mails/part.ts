import type { Part } from '../../access/part.ts';
import { addMailRoutes } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    mail_requeued: true;
  }
}

export const mailAdministration: Part = {
  routes: addMailRoutes,
  auditEvents: {
    mail_requeued: 'An admin requeued a dead mail',
  },
};
