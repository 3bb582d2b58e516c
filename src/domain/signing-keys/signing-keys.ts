import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../configuration/config.ts';
import type { KeyRing } from '../../platform/crypto/secret-keys.ts';
import { type Database, queriesOn } from '../../platform/database/database.ts';
import { hasOlderProcess } from '../../platform/database/server-processes.ts';
import { unavailable } from '../../platform/errors.ts';
import type { Logger } from '../../platform/logging/logger.ts';
import { createReminder } from '../../platform/logging/reminder.ts';
import { readHmacTokensUntil } from './hmac-tokens.ts';
import { openKey, type PublicJwk, type SigningKey } from './key-pair.ts';
import type { SigningKeyRow } from './signing-key-row.ts';
import { listSigningKeys } from './signing-key-store.ts';

/** What this process remembers of the keys. Which one signs, and whether it is good, rows say. */
export type SigningKeys = {
  find(kid: string): SigningKey | null;
  /**
   * Reads the table for an unknown id, at most about ten times a second, because a client chose it.
   * The caller waits for a reading that begins after the call: the key may have been made just now.
   */
  lookUp(kid: string): Promise<SigningKey | null>;
  /** For an id that comes from the table; throws 503 if no secret here opens the key. */
  require(kid: string | null): Promise<SigningKey>;
  /** The same array until the next reading. */
  published(): readonly PublicJwk[];
  /** HS256: by configuration, or because processes of an older release know nothing else. */
  signsWithSecret(): boolean;
  hasOlderProcess(): boolean;
  /** Whether a token of that time, signed with the secret, may be genuine. */
  acceptsSecretAt(issuedAtSeconds: number): boolean;
  reload(): Promise<void>;
};

type Deps = {
  db: Database;
  keys: KeyRing;
  config: Pick<Config, 'accessTokenAlgorithm'>;
  logger: Logger;
};

const lookUpMilliseconds = 100;
/** The first schema whose releases know these keys. */
const firstSchema = '0015';
const clockToleranceSeconds = 30;

export function createSigningKeys({ db, keys, config, logger }: Deps): SigningKeys {
  let known = new Map<string, SigningKey>();
  let published: readonly PublicJwk[] = [];
  let hmacUntil: Date | null = null;
  let hasOlder = false;
  let reading: Promise<void> | null = null;
  /** For those who ask for an unknown id. */
  let nextReading: Promise<void> | null = null;
  let readAt = Number.NEGATIVE_INFINITY;
  const reminder = createReminder();

  const open = (row: SigningKeyRow): [string, SigningKey][] => {
    const key = known.get(row.kid) ?? openKey(keys, row);
    if (key !== null) return [[row.kid, key]];
    if (reminder.isDue())
      logger.error({ kid: row.kid, secret: row.key_id }, 'A signing key needs another SECRET_KEY');
    return [];
  };
  const read = async (): Promise<void> => {
    readAt = performance.now();
    const rows = await listSigningKeys(db);
    hmacUntil = await readHmacTokensUntil(db);
    hasOlder = await hasOlderProcess(queriesOn(db), firstSchema);
    known = new Map(rows.flatMap(open));
    published = [...known.values()].map(({ jwk }) => jwk);
  };
  const reload = (): Promise<void> => {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  };
  const readWhenDue = async (): Promise<void> => {
    await sleep(Math.max(0, readAt + lookUpMilliseconds - performance.now()));
    // Whoever calls from now on might be too late for this one.
    nextReading = null;
    // One that has begun may be too early. If it fails, that is for its own callers.
    await reading?.catch(() => {});
    await reload();
  };
  const signsWithSecret = () => config.accessTokenAlgorithm === 'HS256' || hasOlder;

  return {
    find: (kid) => known.get(kid) ?? null,
    lookUp: async (kid) => {
      if (!known.has(kid)) {
        nextReading ??= readWhenDue();
        await nextReading;
      }
      return known.get(kid) ?? null;
    },
    require: async (kid) => {
      // The first may have begun before the key was there.
      for (let reads = 0; reads < 2 && !known.has(kid ?? ''); reads += 1) await reload();
      const key = known.get(kid ?? '');
      if (key === undefined) throw unavailable(new Error(`no signing key ${kid}`));
      return key;
    },
    published: () => published,
    signsWithSecret,
    hasOlderProcess: () => hasOlder,
    acceptsSecretAt: (seconds) =>
      signsWithSecret() ||
      (hmacUntil !== null && seconds <= hmacUntil.getTime() / 1000 + clockToleranceSeconds),
    reload,
  };
}
