import type { Part } from '../../access/part.ts';
import { addPages } from './routes.ts';

export const pages: Part = { routes: addPages };
