import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testSecret } from '../test/test-app.ts';
import { parseConfig } from './config.ts';
import { createLogger } from './platform/logging/logger.ts';
import { warnOfShortPasswords } from './startup-checks.ts';

const long = { PASSWORD_MIN_LENGTH: '15', ADMIN_PASSWORD_MIN_LENGTH: '15' };

function warningsFor(environment: Record<string, string>): string[] {
  const lines: string[] = [];
  const config = parseConfig({
    SECRET_KEY: testSecret,
    PUBLIC_URL: 'https://adl.example.com',
    LOG_FORMAT: 'json',
    ...environment,
  });
  warnOfShortPasswords(config, createLogger(config, { write: (line) => void lines.push(line) }));
  return lines;
}

test('production warns while shorter passwords are allowed than the only factor should have', () => {
  for (const lengths of [
    {},
    { ...long, PASSWORD_MIN_LENGTH: '14' },
    { ...long, ADMIN_PASSWORD_MIN_LENGTH: '14' },
  ]) {
    const [warning = '', ...more] = warningsFor({ ENVIRONMENT: 'production', ...lengths });
    assert.match(warning, /"level":"warn".*PASSWORD_MIN_LENGTH/);
    assert.deepEqual(more, []);
  }
  assert.deepEqual(warningsFor({ ENVIRONMENT: 'production', ...long }), []);
  assert.deepEqual(warningsFor({ ENVIRONMENT: 'development' }), []);
});
