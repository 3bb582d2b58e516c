'use client';

import { useEffect, useState } from 'react';
import { type Account, accounts, onSignedOut } from '../lib/accounts.ts';
import { Entry } from './entry.tsx';
import { Profile } from './profile.tsx';

/** From here on the browser talks to the API itself; `first` is what the server knew. */
export function Home({ first }: { first: Account | null }) {
  const [account, setAccount] = useState(first);
  useEffect(() => onSignedOut(() => setAccount(null)), []);
  const load = async () => setAccount(await accounts.call('GET /api/users/me'));
  return (
    <main>
      <p className="brand">
        <span aria-hidden="true">H</span> Harbour
      </p>
      <section className="card">
        {account === null ? (
          <Entry onSignedIn={load} />
        ) : (
          <Profile account={account} onChange={setAccount} />
        )}
      </section>
    </main>
  );
}
