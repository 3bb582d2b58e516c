import { randomBytes } from 'node:crypto';
import { equalSecrets, hmacSha256, type KeyRing } from '../../platform/crypto/secret-keys.ts';

/** The header of a request that asks how it arrived. */
export const passHeader = 'x-doctor-pass';

/** Longer than any two clocks should differ: a wrong clock must not look like a wrong secret. */
const goodMilliseconds = 24 * 60 * 60 * 1000;

type Keys = Pick<KeyRing, 'all' | 'current'>;

/** Shows that the asker has the deployment's secret, without revealing anything of it. */
export function makePass({ current }: Keys): string {
  const text = `${Date.now()}.${randomBytes(16).toString('hex')}`;
  return `${text}.${macOf(current.diagnosis, 'ask', text)}`;
}

/**
 * What only another process with the secret can answer to the pass; null if the pass was not made
 * with the current or the previous secret, or is older than a day.
 */
export function proofFor({ all }: Keys, pass: string): string | null {
  const [, text = '', time = '', mac = ''] =
    /^((\d{13})\.[0-9a-f]{32})\.([0-9a-f]{64})$/.exec(pass) ?? [];
  if (text === '' || Math.abs(Date.now() - Number(time)) > goodMilliseconds) return null;
  const keys = all.find(({ diagnosis }) => equalSecrets(macOf(diagnosis, 'ask', text), mac));
  return keys === undefined ? null : macOf(keys.diagnosis, 'answer', text);
}

function macOf(key: Buffer, side: 'ask' | 'answer', text: string): string {
  return hmacSha256(key, `${side}.${text}`).toString('hex');
}
