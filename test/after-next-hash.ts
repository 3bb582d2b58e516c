import type { TestContext } from 'node:test';
import type { PasswordHasher } from '../src/platform/hashing/password-hasher.ts';

/**
 * Lets `act` happen when the next password has been hashed, or verified, and before the request that asked for it
 * goes on: the moment at which whatever was read before the hash may have become untrue.
 */
export function afterNextHash(
  t: TestContext,
  hasher: PasswordHasher,
  method: 'hash' | 'verify',
  act: () => Promise<unknown>,
): void {
  const original = hasher[method].bind(hasher) as (...given: unknown[]) => Promise<unknown>;
  const thenAct = async (...given: unknown[]): Promise<unknown> => {
    const result = await original(...given);
    await act();
    return result;
  };
  t.mock.method(hasher, method, thenAct as never, { times: 1 });
}
