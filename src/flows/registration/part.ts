import type { Part } from '../../access/part.ts';
import { setupTokenTries } from './register-admin.ts';
import { addRegistrationRoutes } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    account_registered: true;
  }
}

export const registration: Part = {
  routes: addRegistrationRoutes,
  throttles: [setupTokenTries],
  auditEvents: {
    account_registered:
      'An account was created by its owner, by an admin (the actor), with the setup token or on the command line',
  },
};
