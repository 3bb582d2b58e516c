import { randomBytes } from 'node:crypto';
import { after, beforeEach } from 'node:test';
import { type Person, startTestProvider, type TestProvider } from './test-provider.ts';

/** The provider of a file of tests; honest again before each, with somebody there. */
export async function ownProvider(
  options: Parameters<typeof startTestProvider>[0] = {},
): Promise<TestProvider> {
  const provider = await startTestProvider(options);
  after(() => provider.close());
  beforeEach(() => {
    provider.reset();
    provider.person = somebody();
  });
  return provider;
}

/** Somebody new there, with a verified address. */
export function somebody(wanted: Partial<Person> = {}): Person {
  const sub = `p${randomBytes(6).toString('hex')}`;
  return {
    sub,
    email: `${sub}@example.net`,
    email_verified: true,
    name: 'Ada Lovelace',
    preferred_username: sub,
    ...wanted,
  };
}
