import type { Part } from '../../access/part.ts';
import { realms } from '../../domain/realms/realms.ts';
import { addSignInRoutes } from './routes.ts';

export const signIn: Part = {
  routes: (app, deps) => {
    for (const realm of realms) addSignInRoutes(app, deps, realm);
  },
};
