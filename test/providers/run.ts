// A provider of sign-in to try things with, on this machine: docs/sign-in-providers.md.
import { startTestProvider } from './test-provider.ts';

const port = 9400;
const people = [
  { sub: 'ada', email: 'ada@example.net', email_verified: true, name: 'Ada Lovelace' },
  { sub: 'grace', email: 'grace@example.net', email_verified: true, name: 'Grace Hopper' },
  { sub: 'mallory', email: 'ada@example.net', email_verified: false, name: 'Mallory' },
];
const { issuer } = await startTestProvider({ port, people });
process.stdout.write(`A provider of sign-in listens at ${issuer}. Start the service with

  OIDC_PROVIDERS=test OIDC_TEST_ISSUER=${issuer} OIDC_ALLOW_PRIVATE=true npm start

and open http://localhost:8000/app/sign-in. Ctrl-C ends it.
`);
