import assert from 'node:assert/strict';
import { test } from 'node:test';
import { userCreation } from '../../src/admin/users/create-user.ts';
import { passwordCheck, signInPolicies } from '../../src/domain/credentials/guess-limits.ts';
import { mailRecipient } from '../../src/domain/outbox/queue-mail.ts';
import { codeTries } from '../../src/flows/email-sign-in/find-shown-link.ts';
import { emailSignInLimit } from '../../src/flows/email-sign-in/request-sign-in.ts';
import { forgotLimit } from '../../src/flows/password-reset/request-password-reset.ts';
import {
  identifierChange,
  identifierChangeAddress,
} from '../../src/flows/profile/update-profile.ts';
import { setupTokenTries } from '../../src/flows/registration/register-admin.ts';

const [quarter, hour, day] = [900, 3600, 86_400];

test('persistent throttles keep their limits and their names over upgrades', () => {
  const policies = [
    forgotLimit,
    emailSignInLimit,
    codeTries,
    mailRecipient,
    identifierChange,
    identifierChangeAddress,
    setupTokenTries,
    userCreation,
    passwordCheck,
    ...Object.values(signInPolicies).flatMap(({ fromAddress, ofAccount }) => [
      fromAddress,
      ofAccount,
    ]),
  ];
  const rows = policies.map(({ name, limit, windowSeconds }) => [name, limit, windowSeconds]);
  assert.deepEqual(rows, [
    ['forgot', 3, hour],
    ['email-sign-in', 3, hour],
    ['email-code', 5, 600],
    ['mail-recipient', 3, hour],
    ['identifier-change', 10, hour],
    ['identifier-change-ip', 30, hour],
    ['setup-token', 5, hour],
    ['user-creation', 200, hour],
    ['pw-check', 5, quarter],
    ['login-ip-acct', 5, quarter],
    ['login-acct', 100, day],
    ['admin-login-ip-acct', 3, quarter],
    ['admin-login-acct', 20, day],
  ]);
});
