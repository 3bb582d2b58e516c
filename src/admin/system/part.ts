import type { Part } from '../../access/part.ts';
import { addSystemRoute } from './routes.ts';

export const system: Part = { routes: addSystemRoute };
