import type { Part } from '../../access/part.ts';
import { addUndoRoutes } from './routes.ts';

export const undoLinks: Part = {
  routes: addUndoRoutes,
};
