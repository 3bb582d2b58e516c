import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ivLength = 12;
const tagLength = 16;

/** AES-256-GCM. `context` says whose it is: it opens for nothing else. */
export function seal(key: Buffer, content: Buffer | string, context = ''): Buffer {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(content), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

/** Null if somebody changed it, or sealed it with another key or for another context. */
export function unseal(key: Buffer, sealed: Buffer, context = ''): Buffer | null {
  const [iv, rest] = [sealed.subarray(0, ivLength), sealed.subarray(ivLength)];
  const [tag, content] = [rest.subarray(0, tagLength), rest.subarray(tagLength)];
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: tagLength });
    decipher.setAAD(Buffer.from(context)).setAuthTag(tag);
    return Buffer.concat([decipher.update(content), decipher.final()]);
  } catch {
    return null;
  }
}
