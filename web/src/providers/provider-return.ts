import { useEffect } from 'preact/hooks';
import type { AskedStep } from '../second-factors/second-step.tsx';
import { ownAccountKey, queries } from '../session/queries.ts';
import { realms } from '../session/realms.ts';

/**
 * What a provider's answer asks for next, out of the address bar, so that it stays in no history;
 * null if nothing.
 */
export function takeProviderStep(): AskedStep | null {
  const given = new URLSearchParams(location.hash.slice(1));
  const challenge = given.get('challenge');
  if (challenge === null) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return { challenge, methods: (given.get('methods') ?? '').split(',') };
}

/** On the page that a provider leads back to: takes over the session that came as a cookie. */
export function useProviderReturn(isBack: boolean): void {
  useEffect(() => {
    if (!isBack) return;
    void realms.user.client
      .resume()
      .then(() => queries.invalidateQueries({ queryKey: ownAccountKey('user') }));
  }, [isBack]);
}
