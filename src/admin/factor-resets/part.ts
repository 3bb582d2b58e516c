import type { Part } from '../../access/part.ts';
import { addFactorResetRoutes } from './routes.ts';

export const factorResets: Part = { routes: addFactorResetRoutes };
