import assert from 'node:assert/strict';
import { test } from 'node:test';
import { signInPolicies, throttlePolicies } from './throttle-policies.ts';

const [quarter, hour, day] = [900, 3600, 86_400];

test('what is counted over restarts has the limits that security wants, and keeps its name over upgrades', () => {
  const policies = [
    ...Object.values(throttlePolicies),
    ...Object.values(signInPolicies).flatMap(({ fromAddress, ofAccount }) => [fromAddress, ofAccount]),
  ];
  const rows = policies.map(({ name, limit, windowSeconds }) => [name, limit, windowSeconds]);
  assert.deepEqual(rows, [
    ['forgot', 3, hour],
    ['mail-recipient', 3, hour],
    ['identifier-change', 10, hour],
    ['identifier-change-ip', 30, hour],
    ['setup-token', 5, hour],
    ['pw-check', 5, quarter],
    ['login-ip-acct', 5, quarter],
    ['login-acct', 100, day],
    ['admin-login-ip-acct', 3, quarter],
    ['admin-login-acct', 20, day],
  ]);
});
