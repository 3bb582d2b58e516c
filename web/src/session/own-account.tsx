import { useQuery } from '@tanstack/preact-query';
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useRef } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { LoadProblem } from '../form/problem.tsx';
import { hasUnsavedForm } from '../form/unsaved-forms.ts';
import { ProofDialog } from '../second-factors/proof-dialog.tsx';
import { ownAccountKey } from './queries.ts';
import { type OwnAccount, type Realm, realms } from './realms.ts';
import { isEndDeliberate } from './session-end.ts';
import { SignInAgain } from './sign-in-again.tsx';

const Context = createContext<{ account: OwnAccount; realm: Realm } | null>(null);

/** The account that is signed in; only below `RequireAccount`. */
export function useOwnAccount() {
  const found = useContext(Context);
  if (found === null) throw new Error('nobody is signed in here');
  return found;
}

export function useOwnAccountQuery({ name, client, me }: Realm) {
  return useQuery<OwnAccount | null>({
    queryKey: ownAccountKey(name),
    queryFn: async () => ((await client.isSignedIn()) ? me() : null),
  });
}

type RequireAccountProps = {
  realm: 'user' | 'admin';
  waiting: ComponentChildren;
  children: ComponentChildren;
};

/**
 * Shows its children to somebody who is signed in, and leads everybody else to sign in and back.
 * Where the session ends with something typed and not sent, the page stays and asks for the
 * password above it.
 */
export function RequireAccount({ realm: name, waiting, children }: RequireAccountProps) {
  const realm = realms[name];
  const { data, error, refetch } = useOwnAccountQuery(realm);
  const last = useRef<OwnAccount | null>(null);
  const { url, route } = useLocation();
  if (data) last.current = data;
  const account = data ?? last.current;
  const isOver = data === null && !isEndDeliberate();
  const staysOpen = isOver && last.current !== null && hasUnsavedForm();
  const leaves = isOver && !staysOpen;

  useEffect(() => {
    if (!leaves) return;
    const ended = last.current === null ? '' : '&ended=yes';
    last.current = null;
    route(`${realm.signInPage}?return_to=${encodeURIComponent(url)}${ended}`, true);
  }, [leaves]);

  if (error && !account) return <LoadProblem error={error} retry={() => void refetch()} />;
  if (!account || leaves) return <>{waiting}</>;
  return (
    <Context.Provider value={{ account, realm }}>
      {children}
      <ProofDialog realm={realm} />
      {staysOpen && <SignInAgain realm={realm} account={account} />}
    </Context.Provider>
  );
}
