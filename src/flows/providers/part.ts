import type { Part } from '../../access/part.ts';
import { openProviders } from '../../domain/providers/open-providers.ts';
import { addCallbackRoutes } from './callback-routes.ts';
import { addIdentityRoutes } from './identity-routes.ts';
import { addProviderRoutes } from './provider-routes.ts';

export const providerSignIn: Part = {
  routes: (app, given) => {
    const deps = { ...given, providers: openProviders(given.config) };
    addProviderRoutes(app, deps);
    addCallbackRoutes(app, deps);
    addIdentityRoutes(app, deps);
  },
};
