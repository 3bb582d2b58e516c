import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStatus } from '../api.ts';
import { ownProvider } from '../providers/own-provider.ts';
import {
  Browser,
  failedRequest,
  failures,
  signInAt,
  withProvider,
} from '../providers/provider-calls.ts';
import { createTestApp } from '../test-app.ts';

const idp = await ownProvider();
const paths = ['/.well-known/openid-configuration', '/token', '/jwks'];

for (const [index, path] of paths.entries()) {
  for (const [what, answers] of [
    ['says nothing', false],
    ['sends a byte a second', true],
  ] as const)
    test(`Q05 a provider that ${what} at ${path} is given up in time`, async (t) => {
      const name = `Slow ${index} ${what}`;
      const service = await createTestApp(t, withProvider(idp, { OIDC_TEST_NAME: name }));
      idp.answers.set(path, (_request, response) => {
        if (!answers) return;
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write('{'), 1000);
        response.on('close', () => clearInterval(drip));
      });
      const begun = performance.now();
      const pending =
        index === 0
          ? service.api.get('/api/users/login/providers/test/start')
          : signInAt(service, new Browser());
      // Meanwhile nobody else waits.
      assertStatus(await service.api.get('/health/ready'), 200);
      assert.ok(performance.now() - begun < 2000);
      failedRequest(await pending);
      const seconds = (performance.now() - begun) / 1000;
      assert.ok(seconds > 4 && seconds < 9, `${seconds} s`);
      assert.deepEqual(await failures(service), ['provider_unreachable']);
      const rows = await service.db.selectFrom('provider_attempts').select('provider').execute();
      assert.deepEqual(rows, []);
    });
}
