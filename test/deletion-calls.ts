import type { Answer } from './answer.ts';
import { assertStatus } from './api.ts';
import type { SignedIn } from './factories.ts';
import type { TestApp } from './test-app.ts';

type Deleter = Pick<SignedIn, 'accessToken' | 'password'>;

export function deleteMe(
  { api }: TestApp,
  { accessToken: token, password }: Deleter,
): Promise<Answer> {
  return api.request('DELETE', '/api/users/me', { password }, { token });
}

/** Deletes the user as the owner does; returns the token of the link that undoes it. */
export async function deletedByOwner(service: TestApp, user: SignedIn): Promise<string> {
  assertStatus(await deleteMe(service, user), 204);
  return deletionToken(service, user.email);
}

/** The token of the newest link to that address that undoes a deletion. */
export function deletionToken({ mailbox }: TestApp, email: string): Promise<string> {
  return mailbox.token('account_deleted', email);
}

/** An admin's calls about one user. */
export function adminOn(
  { api }: TestApp,
  { accessToken: token }: SignedIn,
  { id }: Pick<SignedIn, 'id'>,
) {
  const path = `/api/admins/users/${id}`;
  return {
    read: () => api.get(path, { token }),
    change: (body: unknown) => api.patch(path, body, { token }),
    delete: () => api.delete(path, { token }),
    restore: () => api.post(`${path}/restore`, undefined, { token }),
    revokeSessions: () => api.post(`${path}/revoke-sessions`, undefined, { token }),
    sendReset: () => api.post(`${path}/send-password-reset`, undefined, { token }),
  };
}
