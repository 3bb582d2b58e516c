import type { Part } from '../../access/part.ts';
import { addSystemRoutes } from './routes.ts';

export const health: Part = {
  routes: addSystemRoutes,
};
