import type { Part } from '../../access/part.ts';
import { addOverviewRoute } from './routes.ts';

export const overview: Part = { routes: addOverviewRoute };
