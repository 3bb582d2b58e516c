import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import type { KeyRing, SecretKeys } from '../../platform/crypto/secret-keys.ts';
import { transact } from '../../platform/database/database.ts';
import type { Dependencies } from '../dependencies.ts';
import { chainAuditEvents } from './chain-audit-events.ts';
import { readMarks, readTime } from './chain-store.ts';

/** One line of JSON to keep elsewhere; docs/audit-log.md describes it. */
export const checkpointSchema = z.object({
  format: z.literal('adl-audit-checkpoint/1'),
  position: z.string().regex(/^\d{1,18}$/),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  time: z.iso.datetime({ precision: 6 }),
  key_id: z.string().max(40),
  public_key: z.string().regex(/^[\w-]{43}$/),
  signature: z.string().regex(/^[\w-]{86}$/),
});

export type AuditCheckpoint = z.output<typeof checkpointSchema>;

/**
 * Signs the end of the chain, after chaining the events that wait; null while there is no event.
 */
export async function issueCheckpoint(
  deps: Pick<Dependencies, 'db' | 'keys' | 'logger'>,
): Promise<AuditCheckpoint | null> {
  await chainAuditEvents(deps);
  const { last, time } = await transact(deps.db, async (trx) => {
    const { marks, last: entry } = await readMarks(trx);
    return { last: entry ?? marks.head, time: await readTime(trx) };
  });
  if (!last) return null;
  const keys = deps.keys.current;
  const key = signingKey(keys);
  const unsigned = {
    format: 'adl-audit-checkpoint/1' as const,
    position: last.position,
    hash: last.hash.toString('hex'),
    time,
    key_id: keys.kid,
    public_key: publicPart(key),
  };
  return { ...unsigned, signature: sign(null, signedText(unsigned), key).toString('base64url') };
}

/** What is wrong with the signature; null if nothing. */
export function checkpointFault(keys: KeyRing, checkpoint: AuditCheckpoint): string | null {
  const own = keys.find(checkpoint.key_id);
  if (own !== null && publicPart(signingKey(own)) !== checkpoint.public_key)
    return 'The checkpoint was not signed by this service';
  // Of a key that is gone only the checkpoint itself has the public part.
  const x = checkpoint.public_key;
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const signature = Buffer.from(checkpoint.signature, 'base64url');
  return verify(null, signedText(checkpoint), key, signature) ? null : 'The checkpoint was changed';
}

function signedText(checkpoint: Omit<AuditCheckpoint, 'signature'>): Buffer {
  const { format, position, hash, time, key_id, public_key } = checkpoint;
  return Buffer.from([format, position, hash, time, key_id, public_key].join('\n'));
}

// RFC 8410: what precedes the 32 bytes of an Ed25519 key in PKCS #8.
const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

function signingKey({ auditCheckpoint: seed }: SecretKeys): KeyObject {
  return createPrivateKey({
    key: Buffer.concat([pkcs8Prefix, seed]),
    format: 'der',
    type: 'pkcs8',
  });
}

function publicPart(key: KeyObject): string {
  return createPublicKey(key).export({ format: 'jwk' }).x ?? '';
}
