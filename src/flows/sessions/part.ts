import type { Part } from '../../access/part.ts';
import { realms } from '../../domain/realms/realms.ts';
import { addSessionRoutes } from './routes.ts';

export const ownSessions: Part = {
  routes: (app, deps) => {
    for (const realm of realms) addSessionRoutes(app, deps, realm);
  },
};
