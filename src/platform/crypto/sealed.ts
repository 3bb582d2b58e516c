import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

const ivLength = 12;
const tagLength = 16;

/** AES-256-GCM. `context` says whose it is: moved to another row, it does not open. */
export function seal(key: Buffer, context: string, plain: Buffer): Buffer {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

/** Null if it was sealed with another key or for another context, or somebody changed it. */
export function unseal(key: Buffer, context: string, sealed: Buffer): Buffer | null {
  try {
    const options = { authTagLength: tagLength };
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivLength), options);
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(sealed.subarray(ivLength, ivLength + tagLength));
    const body = sealed.subarray(ivLength + tagLength);
    return Buffer.concat([decipher.update(body), decipher.final()]);
  } catch {
    return null;
  }
}
