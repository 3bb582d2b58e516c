import type { Part } from '../../access/part.ts';
import { realms } from '../../domain/realms/realms.ts';
import { addPasskeyRoutes } from './routes.ts';

export const passkeySignIn: Part = {
  routes: (app, deps) => {
    for (const realm of realms) addPasskeyRoutes(app, deps, realm);
  },
};
