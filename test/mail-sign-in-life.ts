import { queueSignInLink } from '../src/flows/email-sign-in/queue-sign-in-link.ts';
import { assertStatus } from './api.ts';
import { confirm, signInMail } from './email-sign-in-calls.ts';
import { registeredUser, type SignedIn } from './factories.ts';
import { accept, invite, resend } from './invitation-calls.ts';
import type { TestApp } from './test-app.ts';

/** Triggers every event and every mail of sign-in by e-mail and of invitations. */
export async function liveByMail(
  service: TestApp,
  admin: SignedIn,
  fullName = 'Grace',
): Promise<void> {
  const user = await registeredUser(service, { fullName });
  await service.mailbox.deliver();
  const mail = await signInMail(service, user.email);
  assertStatus(await confirm(service.api, { token: mail.token }), 200);
  const email = `invited.${user.email}`;
  const invited = await invite(service, admin, { email, full_name: fullName });
  assertStatus(invited, 201);
  assertStatus(await resend(service, admin, invited.body.id), 204);
  await service.mailbox.deliver();
  assertStatus(await accept(service, await service.mailbox.token('invitation', email)), 200);
  // Of services without passwords.
  await service.db
    .transaction()
    .execute((trx) => queueSignInLink(service.deps, trx, { id: user.id, email: user.email }));
  await service.mailbox.deliver();
}
