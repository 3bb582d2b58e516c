import { cpuMilliseconds } from '../test/faults/process-figures.ts';
import { startTestProvider, type TestProvider } from '../test/providers/test-provider.ts';
import { type Figure, median } from './figure.ts';
import type { Started } from './npm-start.ts';
import { startOnPostgres } from './start-on-postgres.ts';

const rounds = 10;
const signInsOfRound = 20;

/**
 * What a sign-in by a provider costs the service on PostgreSQL, from the start to the session,
 * without what it costs the provider and the database.
 */
export async function measureProviders(): Promise<Figure[]> {
  const provider = await startTestProvider();
  provider.person = { sub: 'ada', email: 'ada@example.net', email_verified: true };
  const server = await startOnPostgres({
    OIDC_PROVIDERS: 'test',
    OIDC_TEST_ISSUER: provider.issuer,
    OIDC_ALLOW_PRIVATE: 'true',
  });
  // Code is compiled, keys are fetched, and the account is there.
  for (let count = 0; count < 150; count += 1) await signIn(server, provider);
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = cpuMilliseconds(server.pid);
    for (let count = 0; count < signInsOfRound; count += 1) await signIn(server, provider);
    costs.push((cpuMilliseconds(server.pid) - before) / signInsOfRound);
  }
  await server.end();
  await provider.close();
  const name = 'sign-in by a provider, start to session, processor time';
  return [{ name, value: median(costs), unit: 'ms', bar: 10 }];
}

/** As a browser goes: begins, is at the provider, comes back. */
async function signIn({ url }: Started, { issuer }: TestProvider): Promise<void> {
  const begun = await go(`${url}/api/users/login/providers/test/start`, '');
  const own = begun.cookies;
  let { location } = begun;
  let theirs = '';
  while (location.startsWith(issuer)) {
    const { cookies, ...next } = await go(location, theirs);
    theirs = [theirs, cookies].filter(Boolean).join('; ');
    location = new URL(next.location, location).href;
  }
  const { pathname, search } = new URL(location);
  const back = await go(url + pathname + search, own);
  if (!back.location.endsWith('/app')) throw new Error(`the sign-in led to ${back.location}`);
}

async function go(address: string, cookie: string) {
  const answer = await fetch(address, { redirect: 'manual', headers: { cookie } });
  await answer.arrayBuffer();
  const cookies = answer.headers.getSetCookie().map((one) => one.split(';', 1)[0] ?? '');
  const location = new URL(answer.headers.get('location') ?? '', address).href;
  return { location, cookies: cookies.join('; ') };
}
