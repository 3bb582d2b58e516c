import { prepareSigningKeys } from '../src/domain/key-rotation/prepare-signing-keys.ts';
import { listSigningKeys } from '../src/domain/signing-keys/signing-key-store.ts';
import { createSigningKeys } from '../src/domain/signing-keys/signing-keys.ts';
import type { KeyRing } from '../src/platform/crypto/secret-keys.ts';
import { readToken } from './forged-token.ts';
import type { TestApp } from './test-app.ts';

/** The ids of the keys as they stand in the table: the newest that signs, and the next. */
export async function keysOf({ db }: Pick<TestApp, 'db'>) {
  const rows = await listSigningKeys(db);
  const [current = '', ...retired] = rows
    .filter(({ signs_from: from }) => from !== null)
    .map(({ kid }) => kid);
  const next = rows.filter(({ signs_from: from }) => from === null).map(({ kid }) => kid);
  return { current, retired, next };
}

export function kidOf(token: string): string {
  return String(readToken(token).header.kid);
}

/** The start of a process with these secrets on the database of the service. */
export function startWith(service: TestApp, keys: KeyRing, algorithm?: 'EdDSA' | 'ES256') {
  const { db, logger } = service;
  const config = { ...service.config, ...(algorithm && { accessTokenAlgorithm: algorithm }) };
  const signingKeys = createSigningKeys({ db, keys, config, logger });
  const deps = { db, keys, config, logger, signingKeys };
  return { deps, prepare: () => prepareSigningKeys(deps) };
}
