import type { Part } from '../../access/part.ts';
import { addMetricsRoute } from './routes.ts';

export const metrics: Part = {
  routes: addMetricsRoute,
};
