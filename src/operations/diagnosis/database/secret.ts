import { keyInUseSince } from '../../../domain/audit/key-age.ts';
import type { Dependencies } from '../../../domain/dependencies.ts';
import { countTotpsByKey } from '../../../domain/factors/totp-store.ts';
import { countOpenLinksByKey } from '../../../domain/one-time-tokens/link-store.ts';
import { countLiveSessionsByKey } from '../../../domain/sessions/sessions-by-key.ts';
import { countSigningKeysByKey } from '../../../domain/signing-keys/signing-key-store.ts';
import { type Check, type Found, ok, warning } from '../finding.ts';

const oldDays = 365;
/**
 * Thirty-two hexadecimal digits at random hold 128 bits, and this estimate of them is never below
 * 100.
 */
const strongBits = 100;

/** `SECRET_KEY`: how hard to guess, how long in use, and whether a previous one can go. */
export function secretCheck({
  db,
  keys,
  config,
}: Pick<Dependencies, 'db' | 'keys' | 'config'>): Check {
  return {
    name: 'secret',
    run: async () => {
      const days = await daysInUse(db, keys.current.kid);
      const faults = [
        ...strengthFaults(config.secretKey),
        ...ageFaults(days),
        ...(await previousFaults({ db, keys })),
      ];
      const age = days === null ? 'not used yet' : `in use for ${days} days`;
      return faults.length > 0 ? faults : ok(`SECRET_KEY is strong, ${age}`);
    },
  };
}

async function daysInUse(db: Dependencies['db'], kid: string): Promise<number | null> {
  const since = await keyInUseSince(db, kid);
  return since === null ? null : Math.floor((Date.now() - since.getTime()) / 86_400_000);
}

/** What the configuration refuses is no longer here; this finds what only looks long. */
function strengthFaults(secret: string | undefined): Found[] {
  if (secret === undefined || bitsOf(secret) >= strongBits) return [];
  const advice =
    'openssl rand -base64 48 makes one; keep the old one as SECRET_KEY_PREVIOUS for a month';
  return [warning(`SECRET_KEY holds at most ${Math.floor(bitsOf(secret))} bits of chance`, advice)];
}

/** As if each character were drawn from those that occur: an upper bound (Shannon). */
function bitsOf(secret: string): number {
  const counts = [...Map.groupBy(secret, (character) => character).values()].map(
    ({ length }) => length,
  );
  return counts.reduce((bits, count) => bits - count * Math.log2(count / secret.length), 0);
}

function ageFaults(days: number | null): Found[] {
  if (days === null || days <= oldDays) return [];
  const advice =
    'Make a new one, and keep this one as SECRET_KEY_PREVIOUS until adl keys shows nothing for it';
  return [warning(`SECRET_KEY has been in use for ${days} days`, advice)];
}

async function previousFaults({ db, keys }: Pick<Dependencies, 'db' | 'keys'>): Promise<Found[]> {
  const previous = keys.all.find(({ kid }) => kid !== keys.current.kid);
  if (previous === undefined) return [];
  const counts = [
    countLiveSessionsByKey,
    countOpenLinksByKey,
    countTotpsByKey,
    countSigningKeysByKey,
  ];
  for (const count of counts) if (((await count(db)).get(previous.kid) ?? 0) > 0) return [];
  return [warning('nothing depends on SECRET_KEY_PREVIOUS any more', 'Remove it, and restart')];
}
