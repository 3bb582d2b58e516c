import type { Part } from '../../access/part.ts';
import { realms } from '../../domain/realms/realms.ts';
import { addProfileRoutes } from './routes.ts';
import { identifierChange, identifierChangeAddress } from './update-profile.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    profile_changed: true;
  }
}

export const profile: Part = {
  routes: (app, deps) => {
    for (const realm of realms) addProfileRoutes(app, deps, realm);
  },
  throttles: [identifierChange, identifierChangeAddress],
  auditEvents: {
    profile_changed: 'The owner changed the profile; `fields` lists what',
  },
};
