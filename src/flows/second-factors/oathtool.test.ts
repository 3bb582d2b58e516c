import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { assertStatus } from '../../../test/api.ts';
import {
  answerChallenge,
  challengeFor,
  factorCalls,
  nextStep,
} from '../../../test/factor-calls.ts';
import { signedInTo } from '../../../test/session-calls.ts';
import { createTestApp, type TestApp } from '../../../test/test-app.ts';
import { userRealm } from '../../domain/realms/realms.ts';

/** Debian's, made by others from the same RFC. */
function oathtool({ clock }: TestApp, secret: string): string {
  const at = `@${Math.floor(clock.now().getTime() / 1000)}`;
  const options = ['--totp', '--base32', '--now', at, secret];
  return execFileSync('oathtool', options, { encoding: 'utf8' }).trim();
}

function isMissing(): string | false {
  try {
    execFileSync('oathtool', ['--version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'needs oathtool';
  }
}

test('the codes of oathtool put an app in force and sign in', { skip: isMissing() }, async (t) => {
  const service = await createTestApp(t);
  const account = await signedInTo(service, userRealm);
  const calls = factorCalls(service, userRealm, account.accessToken);
  const { id, secret } = (await calls.start()).body;
  assertStatus(await calls.confirm(id, oathtool(service, secret)), 200);
  for (let times = 0; times < 3; times += 1) {
    await nextStep(service);
    const challenge = await challengeFor(service, userRealm, account);
    const code = oathtool(service, secret);
    assertStatus(await answerChallenge(service, userRealm, challenge, code), 200);
  }
});
