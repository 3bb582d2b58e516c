type Challenge = {
  parameters: { nonce: string; salt: string; cost: number; keyPrefix: string };
  signature: string;
};

/** Browsers work on several at once, each on a thread of its own. */
const atOnce = 8;
const patienceMilliseconds = 120_000;

/**
 * Solves a puzzle of ALTCHA (proof of work, version 2, with PBKDF2 and SHA-256): finds the number
 * whose key begins as wanted. Throws after two minutes, or if `signal` aborts.
 */
export async function solvePuzzle(puzzle: string, signal?: AbortSignal): Promise<string> {
  const challenge = JSON.parse(atob(puzzle.replaceAll('-', '+').replaceAll('_', '/'))) as Challenge;
  const derive = createDerivation(challenge);
  const deadline = AbortSignal.timeout(patienceMilliseconds);
  for (let first = 0; ; first += atOnce) {
    deadline.throwIfAborted();
    signal?.throwIfAborted();
    const keys = await Promise.all(
      Array.from({ length: atOnce }, (_, more) => derive(first + more)),
    );
    const found = keys.findIndex((key) => key.startsWith(challenge.parameters.keyPrefix));
    const derivedKey = keys[found];
    if (derivedKey === undefined) continue;
    const solution = { counter: first + found, derivedKey };
    return btoa(JSON.stringify({ challenge, solution }))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '');
  }
}

function createDerivation({ parameters }: Challenge): (number: number) => Promise<string> {
  const { subtle } = globalThis.crypto;
  const [nonce, salt] = [bytesOf(parameters.nonce), bytesOf(parameters.salt)];
  const how = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: parameters.cost };
  return async (number) => {
    const password = new Uint8Array(nonce.length + 4);
    password.set(nonce);
    new DataView(password.buffer).setUint32(nonce.length, number);
    const key = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
    return hexOf(new Uint8Array(await subtle.deriveBits(how, key, 256)));
  };
}

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
