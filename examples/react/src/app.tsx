import { Entry } from './entry.tsx';
import { Profile } from './profile.tsx';
import { useAccount } from './use-account.ts';

/** What is shown depends on who is signed in, and on nothing else. */
export function App() {
  const { account, problem, setAccount, reload } = useAccount();
  return (
    <main>
      <p className="brand">
        <span aria-hidden="true">H</span> Harbour
      </p>
      <section className="card" aria-busy={account === undefined && problem === null}>
        {problem !== null && (
          <div role="alert">
            <p className="notice">{problem}</p>
            <button type="button" onClick={reload}>
              Try again
            </button>
          </div>
        )}
        {account === null && <Entry onSignedIn={reload} />}
        {account && <Profile account={account} onChange={setAccount} />}
      </section>
    </main>
  );
}
