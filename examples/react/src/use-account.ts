import { useCallback, useEffect, useState } from 'react';
import { type Account, accounts, onSignedOut } from './accounts.ts';
import { describeProblem } from './use-submit.ts';

/** Who is signed in: null is nobody, undefined is not known yet. */
export function useAccount() {
  const [account, setAccount] = useState<Account | null>();
  const [problem, setProblem] = useState<string | null>(null);

  const reload = useCallback(async () => {
    try {
      const isSignedIn = await accounts.isSignedIn();
      setAccount(isSignedIn ? await accounts.call('GET /api/users/me') : null);
      setProblem(null);
    } catch (error) {
      setProblem(describeProblem(error).message);
    }
  }, []);

  useEffect(() => {
    void reload();
    return onSignedOut(() => setAccount(null));
  }, [reload]);

  return { account, problem, setAccount, reload };
}
