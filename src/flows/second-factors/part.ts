import type { Part } from '../../access/part.ts';
import { realms } from '../../domain/realms/realms.ts';
import { addFactorRoutes } from './factor-routes.ts';
import { addProofRoutes } from './proof-routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    reauthenticated: true;
  }
}

export const secondFactors: Part = {
  routes: (app, deps) => {
    for (const realm of realms) {
      addProofRoutes(app, deps, realm);
      addFactorRoutes(app, deps, realm);
    }
  },
  auditEvents: {
    reauthenticated: 'A signed-in caller proved again to be the owner, or failed to',
  },
};
