import type { Part } from '../../access/part.ts';
import { addSecurityEventRoutes } from './routes.ts';

export const securityEvents: Part = {
  routes: addSecurityEventRoutes,
};
