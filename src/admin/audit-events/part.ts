import type { Part } from '../../access/part.ts';
import { addAuditRoutes } from './routes.ts';

export const auditEvents: Part = {
  routes: addAuditRoutes,
};
