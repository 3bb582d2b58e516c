import type { TestContext } from 'node:test';
import type { TestApp } from './test-app.ts';

/**
 * Runs `act` right after the next password has been hashed or verified, before the request
 * continues: at that moment, whatever was read before the hash may be stale.
 */
export function afterNextHash(
  t: TestContext,
  { hasher, answerHere }: Pick<TestApp, 'hasher' | 'answerHere'>,
  method: 'hash' | 'verify',
  act: () => Promise<unknown>,
): void {
  answerHere();
  const original = hasher[method].bind(hasher) as (...given: unknown[]) => Promise<unknown>;
  const thenAct = async (...given: unknown[]): Promise<unknown> => {
    const result = await original(...given);
    await act();
    return result;
  };
  t.mock.method(hasher, method, thenAct as never, { times: 1 });
}
