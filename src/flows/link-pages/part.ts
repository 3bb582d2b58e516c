import type { Part } from '../../access/part.ts';
import { addLinkPages } from './routes.ts';

export const linkPages: Part = {
  routes: addLinkPages,
};
