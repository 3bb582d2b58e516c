import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTestProvider, type TestProvider } from '../test/providers/test-provider.ts';
import { type Figure, median } from './figure.ts';
import { npmStart, type Started } from './npm-start.ts';
import { processorTime } from './ratios/processor-time.ts';

const root = join(import.meta.dirname, '..');
const rounds = 10;
const signInsOfRound = 20;

/** What a sign-in by a provider costs the service, without what it costs the provider. */
export async function measureProviders(): Promise<Figure[]> {
  const provider = await startTestProvider();
  provider.person = { sub: 'ada', email: 'ada@example.net', email_verified: true };
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  const service = await npmStart(root, {
    DATA_DIR: dataDir,
    LOG_LEVEL: 'warn',
    RATE_LIMIT_PER_HOUR: '0',
    OIDC_PROVIDERS: 'test',
    OIDC_TEST_ISSUER: provider.issuer,
    OIDC_ALLOW_PRIVATE: 'true',
  });
  // Code is compiled, keys are fetched, and the account is there.
  for (let count = 0; count < 100; count += 1) await signIn(service, provider);
  const costs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const before = processorTime(service.pid);
    for (let count = 0; count < signInsOfRound; count += 1) await signIn(service, provider);
    costs.push((processorTime(service.pid) - before) / signInsOfRound);
  }
  await service.stop();
  await provider.close();
  rmSync(dataDir, { recursive: true });
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
