import type { KeyRing } from '../../platform/crypto/secret-keys.ts';
import { queriesOn, type Transaction, transact } from '../../platform/database/database.ts';
import { lockMigrations } from '../../platform/database/migrate.ts';
import type { Dependencies } from '../dependencies.ts';
import { noteHmacTokens, prolongHmacTokens } from '../signing-keys/hmac-tokens.ts';
import { newKeyPair, openKey, sealKey } from '../signing-keys/key-pair.ts';
import type { SigningAlgorithm, SigningKeyRow } from '../signing-keys/signing-key-row.ts';
import {
  insertSigningKey,
  letSign,
  listSigningKeys,
  replaceSealed,
} from '../signing-keys/signing-key-store.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'config' | 'signingKeys'>;

/** The private keys were encrypted with secrets that this process does not have. */
export class UnreadableKeysError extends Error {
  /** The ids of those secrets. */
  readonly secrets: readonly string[];

  constructor(secrets: readonly string[]) {
    super(`signing keys need the secret ${secrets.join(', ')}`);
    this.name = 'UnreadableKeysError';
    this.secrets = secrets;
  }
}

/**
 * At the start: makes the first keys, one that signs and the next, and encrypts those of the
 * previous secret anew. Throws `UnreadableKeysError`, and makes none, if there are some that no
 * secret here opens.
 */
export async function prepareSigningKeys(deps: Deps): Promise<void> {
  await noteHmacTokens(deps.db);
  if (!isReady(deps, await listSigningKeys(deps.db)))
    await transact(deps.db, (trx) => setUp(deps, trx));
  await refreshSigningKeys(deps);
}

/** What other processes did to the keys. While this one signs with the secret, it says so. */
export async function refreshSigningKeys({ db, signingKeys }: Pick<Deps, 'db' | 'signingKeys'>) {
  await signingKeys.reload();
  if (signingKeys.signsWithSecret()) await prolongHmacTokens(db);
}

function isReady({ keys, config }: Deps, rows: readonly SigningKeyRow[]): boolean {
  const algorithm = algorithmOf(config);
  return (
    requireReadable(keys, rows).every(({ key_id: kid }) => kid === keys.current.kid) &&
    newest(rows)?.algorithm === algorithm &&
    nextOf(rows, algorithm) !== undefined
  );
}

async function setUp({ keys, config }: Deps, trx: Transaction): Promise<void> {
  await lockMigrations(queriesOn(trx));
  const rows = requireReadable(keys, await listSigningKeys(trx));
  for (const row of rows.filter(({ key_id: kid }) => kid !== keys.current.kid)) {
    const key = openKey(keys, row);
    if (key !== null) await replaceSealed(trx, sealKey(keys.current, key));
  }
  const algorithm = algorithmOf(config);
  if (newest(rows)?.algorithm !== algorithm) await advance({ keys }, trx, algorithm, rows);
  else if (nextOf(rows, algorithm) === undefined) await addKey({ keys }, trx, algorithm);
}

export function requireReadable(
  keys: KeyRing,
  rows: readonly SigningKeyRow[],
): readonly SigningKeyRow[] {
  const unreadable = rows.filter((row) => openKey(keys, row) === null);
  if (unreadable.length === 0) return rows;
  throw new UnreadableKeysError([...new Set(unreadable.map(({ key_id: kid }) => kid))]);
}

/** With HS256 there are keys, too: they are long published when they are to sign. */
export function algorithmOf({ accessTokenAlgorithm }: Dependencies['config']): SigningAlgorithm {
  return accessTokenAlgorithm === 'ES256' ? 'ES256' : 'EdDSA';
}

/** Lets the next key sign, and makes one to follow it. Nobody waits for a key that is the only one. */
export async function advance(
  { keys }: Pick<Deps, 'keys'>,
  trx: Transaction,
  algorithm: SigningAlgorithm,
  rows: readonly SigningKeyRow[],
): Promise<void> {
  const kid = nextOf(rows, algorithm)?.kid ?? (await addKey({ keys }, trx, algorithm));
  await letSign(trx, kid, newest(rows) === undefined ? 'now' : 'published');
  await addKey({ keys }, trx, algorithm);
}

async function addKey(
  { keys }: Pick<Deps, 'keys'>,
  trx: Transaction,
  algorithm: SigningAlgorithm,
): Promise<string> {
  const pair = newKeyPair(keys.current, algorithm);
  await insertSigningKey(trx, pair);
  return pair.kid;
}

/** The key that signs, or is about to. */
function newest(rows: readonly SigningKeyRow[]): SigningKeyRow | undefined {
  return rows.find(({ signs_from: from }) => from !== null);
}

function nextOf(rows: readonly SigningKeyRow[], algorithm: SigningAlgorithm) {
  return rows.find((row) => row.signs_from === null && row.algorithm === algorithm);
}
