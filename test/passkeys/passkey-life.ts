import { userRealm } from '../../src/domain/realms/realms.ts';
import { assertStatus } from '../api.ts';
import type { TestApp } from '../test-app.ts';
import { accessTokenOf, signInWith, withPasskey } from './passkey-calls.ts';

/** Triggers every event of passkeys, and sends their mails. */
export async function liveWithPasskey(service: TestApp, name = 'The phone'): Promise<void> {
  const { authenticator, passkeyId } = await withPasskey(service, userRealm, { counter: 5 });
  const token = await accessTokenOf(signInWith(service, userRealm, authenticator));
  const path = `/api/users/me/passkeys/${passkeyId}`;
  assertStatus(await service.api.patch(path, { name }, { token }), 200);
  assertStatus(await signInWith(service, userRealm, authenticator, { counter: 1 }), 401);
}
