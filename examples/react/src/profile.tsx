import { useState } from 'react';
import { type Account, accounts } from './accounts.ts';
import { Field } from './field.tsx';
import { useSubmit } from './use-submit.ts';

type ProfileProps = { account: Account; onChange: (account: Account) => void };

export function Profile({ account, onChange }: ProfileProps) {
  const [isSaved, setSaved] = useState(false);
  const name = account.full_name || account.username || account.email;
  const saving = useSubmit(async ({ full_name = '' }) => {
    setSaved(false);
    onChange(await accounts.call('PUT /api/users/me', { body: { full_name } }));
    setSaved(true);
  });
  const leaving = useSubmit(() => accounts.signOut());
  return (
    <>
      <header className="person">
        <span className="avatar" aria-hidden="true">
          {name.charAt(0).toUpperCase()}
        </span>
        <div>
          <h1>{name}</h1>
          <p>{account.email}</p>
        </div>
      </header>
      <form onSubmit={saving.onSubmit} noValidate>
        <Field
          name="full_name"
          label="Full name"
          autoComplete="name"
          defaultValue={account.full_name ?? ''}
          problem={saving.problem}
        />
        <div role="alert">
          {saving.problem?.message && <p className="notice">{saving.problem.message}</p>}
        </div>
        <button type="submit" disabled={saving.isBusy}>
          Save
        </button>
        <p className="saved" role="status">
          {isSaved && 'Saved'}
        </p>
      </form>
      <form onSubmit={leaving.onSubmit}>
        <button type="submit" className="plain" disabled={leaving.isBusy}>
          Sign out
        </button>
      </form>
    </>
  );
}
