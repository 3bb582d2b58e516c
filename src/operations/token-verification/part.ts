import type { Part } from '../../access/part.ts';
import { addVerificationRoutes } from './routes.ts';

export const tokenVerification: Part = {
  routes: addVerificationRoutes,
};
