import { seal, unseal } from '../../platform/crypto/sealed.ts';
import { hmacSha256, type SecretKeys, sha256 } from '../../platform/crypto/secret-keys.ts';
import type { Party } from '../realms/realms.ts';

/** A request with a key. `content` is all that must be the same for the answer to be the same. */
export type KeyedRequest = { account: Party; route: string; key: string; content: string };

export type RememberedAnswer = { body: string; etag: string | null };

/** Without a secret, so that a row is found after `SECRET_KEY` was replaced. */
export function keyHash(request: KeyedRequest): Buffer {
  return sha256(scopeOf(request));
}

/** With the client's key in it: who has the secret and the table cannot try out passwords on it. */
export function requestDigest({ idempotency }: SecretKeys, request: KeyedRequest): Buffer {
  return hmacSha256(idempotency, 'request\0', keyHash(request), scopeOf(request), request.content);
}

export function sealAnswer(
  keys: SecretKeys,
  request: KeyedRequest,
  answer: RememberedAnswer,
): Buffer {
  return seal(answerKey(keys, request), '', Buffer.from(JSON.stringify(answer)));
}

/** Null if somebody changed it. */
export function openAnswer(
  keys: SecretKeys,
  request: KeyedRequest,
  sealed: Buffer,
): RememberedAnswer | null {
  const opened = unseal(answerKey(keys, request), '', sealed);
  return opened === null ? null : (JSON.parse(opened.toString()) as RememberedAnswer);
}

/** Of one request: nothing else is encrypted with it. */
function answerKey({ idempotency }: SecretKeys, request: KeyedRequest): Buffer {
  return hmacSha256(idempotency, 'answer\0', scopeOf(request));
}

function scopeOf({ account, route, key }: KeyedRequest): string {
  return JSON.stringify([account.kind, account.id, route, key]);
}
