import type { Part } from '../../access/part.ts';
import { addIntrospectionRoute } from './routes.ts';

export const tokenIntrospection: Part = {
  routes: addIntrospectionRoute,
};
