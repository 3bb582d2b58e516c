import { useState } from 'react';
import { accounts } from '../lib/accounts.ts';
import { useSubmit } from '../lib/use-submit.ts';
import { Field } from './field.tsx';

/** Signs in, or signs up and in. */
export function Entry({ onSignedIn }: { onSignedIn: () => Promise<void> }) {
  const [isNew, setNew] = useState(false);
  const { problem, isBusy, onSubmit } = useSubmit(
    async ({ username = '', email = '', password = '' }) => {
      const body = { username, email, password };
      if (isNew) await accounts.call('POST /api/users/register', { body });
      await accounts.signIn({ username, password });
      await onSignedIn();
    },
  );
  return (
    <form key={isNew ? 'new' : 'known'} onSubmit={onSubmit} noValidate>
      <h1>{isNew ? 'Create your account' : 'Sign in'}</h1>
      {isNew && (
        <Field
          name="email"
          label="Email address"
          type="email"
          autoComplete="email"
          problem={problem}
        />
      )}
      <Field
        name="username"
        label={isNew ? 'Username' : 'Username or email address'}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        problem={problem}
      />
      <Field
        name="password"
        label="Password"
        type="password"
        autoComplete={isNew ? 'new-password' : 'current-password'}
        problem={problem}
      />
      <div role="alert">{problem?.message && <p className="notice">{problem.message}</p>}</div>
      <button type="submit" disabled={isBusy}>
        {isNew ? 'Create account' : 'Sign in'}
      </button>
      <p className="other">
        {isNew ? 'Do you have an account?' : 'Are you new here?'}{' '}
        <button type="button" className="link" onClick={() => setNew(!isNew)}>
          {isNew ? 'Sign in' : 'Create an account'}
        </button>
      </p>
    </form>
  );
}
