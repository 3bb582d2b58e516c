import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../configuration/config.ts';
import { limitPolicies } from './limit-policies.ts';

const hour = 3600;

test('the request limits have their documented values', () => {
  const config = parseConfig({ RATE_LIMIT_PER_HOUR: '200', RATE_LIMIT_ACCOUNT_PER_HOUR: '2000' });
  assert.deepEqual(limitPolicies(config), {
    ip: { name: 'ip', limit: 200, windowSeconds: hour },
    session: { name: 'session', limit: 2000, windowSeconds: hour },
    account: { name: 'account', limit: 2000, windowSeconds: hour },
    ceiling: { name: 'ceiling', limit: 4000, windowSeconds: hour },
    ofAddress: {
      register: { name: 'register', limit: 10, windowSeconds: hour },
      'forgot-ip': { name: 'forgot-ip', limit: 10, windowSeconds: hour },
      'email-sign-in': { name: 'email-ip', limit: 60, windowSeconds: hour },
      reset: { name: 'reset', limit: 10, windowSeconds: 900 },
      'provider-start': { name: 'provider-start', limit: 60, windowSeconds: 600 },
    },
    defence: { name: 'defence', limit: 60, windowSeconds: hour },
    refresh: { name: 'refresh', limit: 600, windowSeconds: hour },
    refreshCeiling: { name: 'refresh-ceiling', limit: 4000, windowSeconds: hour },
    service: { name: 'service', limit: 200_000, windowSeconds: hour },
  });
});

test('a limit of 0 switches the limit off, except that of refreshes per session', () => {
  const { ip, session, account, ceiling, ofAddress, defence, refresh, refreshCeiling, service } =
    limitPolicies(parseConfig({ RATE_LIMIT_PER_HOUR: '0', RATE_LIMIT_ACCOUNT_PER_HOUR: '0' }));
  for (const off of [ip, session, account, ceiling, ofAddress, defence, refreshCeiling, service])
    assert.equal(off, null);
  assert.equal(refresh.limit, 600);
});
