import { randomUUID } from 'node:crypto';
import { equalSecrets, type SecretKeys } from '../../platform/crypto/secret-keys.ts';
import { AppError, forbidden, invalid } from '../../platform/errors.ts';
import type { Dependencies } from '../dependencies.ts';
import { claimKey, findKey, forgetOldestOf } from './idempotency-store.ts';
import {
  type KeyedRequest,
  keyHash,
  openAnswer,
  type RememberedAnswer,
  requestDigest,
} from './keyed-request.ts';

type Deps = Pick<Dependencies, 'db' | 'keys'>;

/** The right to carry a request out. */
export type Attempt = { key_hash: Buffer; holder: string; request: KeyedRequest; keys: SecretKeys };

export type Repeat = RememberedAnswer & { status: number };

/** The right to proceed, or the earlier answer. Throws 422 for another body, 409 while running. */
export async function beginOnce(
  deps: Deps,
  request: KeyedRequest,
  isSuperadmin: boolean,
): Promise<{ attempt: Attempt } | { repeat: Repeat }> {
  const keys = deps.keys.current;
  const attempt = { key_hash: keyHash(request), holder: randomUUID(), request, keys };
  const claimed = await claimKey(deps.db, {
    key_hash: attempt.key_hash,
    holder: attempt.holder,
    account: request.account,
    key_id: keys.kid,
    request_digest: requestDigest(keys, request),
    as_superadmin: isSuperadmin,
  });
  if (!claimed) return { repeat: await findRepeat(deps, request, isSuperadmin) };
  await forgetOldestOf(deps.db, request.account);
  return { attempt };
}

async function findRepeat(
  { db, keys }: Deps,
  request: KeyedRequest,
  isSuperadmin: boolean,
): Promise<Repeat> {
  const row = await findKey(db, keyHash(request));
  if (row === null) throw running();
  const key = keys.find(row.key_id);
  if (key === null) throw answerLost();
  if (!equalSecrets(row.request_digest, requestDigest(key, request))) throw otherRequest();
  if (row.status === null || row.answer === null) {
    throw row.is_carried_out && !row.is_leased ? answerLost() : running();
  }
  // Answered under a right that the account has lost since.
  if (row.as_superadmin && !isSuperadmin) throw forbidden();
  const answer = openAnswer(key, request, row.answer);
  if (answer === null) throw answerLost();
  return { status: row.status, ...answer };
}

function otherRequest(): AppError {
  const message = 'was used for another request';
  return invalid({ field: 'idempotency-key', message, type: 'idempotency_key_reused' });
}

function running(): AppError {
  return new AppError('ConflictError', 'A request with this Idempotency-Key is being carried out', {
    details: { reason: 'idempotency_key_in_use' },
    headers: { 'retry-after': '1' },
  });
}

function answerLost(): AppError {
  const message = 'The request was carried out, but its answer is lost: read the resource';
  return new AppError('ConflictError', message, { details: { reason: 'idempotency_answer_lost' } });
}
