import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentialsOf, newRegistration } from '../../test/factories.ts';
import { post } from '../json-requests.ts';
import { accessTokens, portOf, slotOf, talksOfReaders } from './requests.ts';
import { type Measured, runWorkload, type Size } from './slot.ts';
import type { Stage } from './stage.ts';

const connections = 32;

/** `GET /me` on the embedded database beside the same on PostgreSQL. */
export async function measureEmbedded(stage: Stage, size: Size): Promise<Measured> {
  const { service } = stage;
  const dataDir = mkdtempSync(join(tmpdir(), 'adl-bench-'));
  // The smallest cost of a hash that production allows: people come by requests alone.
  const env = { DATABASE_URL: 'embedded', DATA_DIR: dataDir, BCRYPT_ROUNDS: '10' };
  const embedded = await stage.start(env);
  const talks = talksOfReaders(await signUp(embedded.url));
  const onPostgres = talksOfReaders(
    await accessTokens(service.url, await stage.openSessions(connections)),
  );
  const placeOf = ({ url, pid }: typeof service) => ({ port: portOf(url), pid });
  const contestants = {
    embedded: (time: number) => slotOf(stage, placeOf(embedded), talks, time),
    postgres: (time: number) => slotOf(stage, placeOf(service), onPostgres, time),
  };
  const targets = [
    {
      name: 'GET /me, embedded: requests a second',
      unit: '× PostgreSQL',
      bar: 1,
      atLeast: true,
      of: (slots: Record<keyof typeof contestants, { perSecond: number }>) =>
        slots.embedded.perSecond / slots.postgres.perSecond,
    },
  ];
  const measured = await runWorkload('embedded', { contestants, targets }, size);
  await embedded.stop();
  rmSync(dataDir, { recursive: true });
  return measured;
}

async function signUp(url: string): Promise<string[]> {
  const tokens: string[] = [];
  for (let person = 0; person < connections; person += 1) {
    const account = newRegistration();
    await post(`${url}/api/users/register`, account);
    const { access_token: token } = await post(`${url}/api/users/login`, credentialsOf(account));
    tokens.push(String(token));
  }
  return tokens;
}
