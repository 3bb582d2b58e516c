import {
  equalSecrets,
  hmacSha256,
  type SecretKeys,
  sha256,
} from '../../platform/crypto/secret-keys.ts';
import type { ChainEntry, ChainMark } from './audit-chain-rows.ts';

/** The hash before the first entry. */
export const noHash = Buffer.alloc(32);

type Unlinked = Omit<ChainEntry, 'hash' | 'mac'>;

/** The entry after the one with the hash `previous`. */
export function linkEntry(
  keys: SecretKeys,
  previous: Buffer,
  fields: Omit<Unlinked, 'key_id'>,
): ChainEntry {
  const unlinked = { ...fields, key_id: keys.kid };
  const linked = { ...unlinked, hash: linkHash(previous, unlinked) };
  return { ...linked, mac: entryMac(keys, linked) };
}

/** Without a key, so that an entry whose key is gone is still proven by any later one. */
export function linkHash(previous: Buffer, entry: Unlinked): Buffer {
  return sha256(
    JSON.stringify(['adl-audit-entry/1', previous.toString('hex'), ...fieldsOf(entry)]),
  );
}

/** Whether the entry is as it was written. `keys` are those that it names. */
export function isGenuine(keys: SecretKeys, entry: ChainEntry): boolean {
  return equalSecrets(entry.mac, entryMac(keys, entry));
}

function entryMac({ auditChain }: SecretKeys, entry: Omit<ChainEntry, 'mac'>): Buffer {
  const fields = [...fieldsOf(entry), entry.hash.toString('hex')];
  return hmacSha256(auditChain, JSON.stringify(['adl-audit-mac/1', ...fields]));
}

function fieldsOf(entry: Unlinked): unknown[] {
  const { position, event_id, event_hash, is_sealed, chained_at, key_id } = entry;
  return [position, event_id, event_hash.toString('hex'), is_sealed, chained_at, key_id];
}

export function signMark(keys: SecretKeys, fields: Omit<ChainMark, 'key_id' | 'mac'>): ChainMark {
  const mark = { ...fields, key_id: keys.kid };
  return { ...mark, mac: markMac(keys, mark) };
}

export function isGenuineMark(keys: SecretKeys, mark: ChainMark): boolean {
  return equalSecrets(mark.mac, markMac(keys, mark));
}

function markMac({ auditChain }: SecretKeys, mark: Omit<ChainMark, 'mac'>): Buffer {
  const { kind, position, hash, marked_at, key_id } = mark;
  const fields = [kind, position, hash.toString('hex'), marked_at, key_id];
  return hmacSha256(auditChain, JSON.stringify(['adl-audit-mark/1', ...fields]));
}
