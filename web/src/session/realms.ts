import {
  type Client,
  cookieSession,
  createClient,
  type PasskeyCreationInput,
} from '../../../client/src/client.ts';
import { sessionEnded } from './session-end.ts';

type RealmName = 'user' | 'admin';

const user = clientOf('user');
const admin = clientOf('admin');

function clientOf(realm: RealmName): Client {
  return createClient({
    realm,
    session: cookieSession(realm),
    onSignedOut: () => sessionEnded(realm),
  });
}

/** What both realms do with their own account, under the addresses of each. */
export const realms = {
  user: {
    name: 'user',
    client: user,
    home: '/app',
    signInPage: '/app/sign-in',
    me: () => user.call('GET /api/users/me'),
    update: (body: ProfileChange) => user.call('PUT /api/users/me', { body }),
    changePassword: (body: PasswordChange) =>
      user.call('POST /api/users/change-password', { body }),
    sessions: () => user.call('GET /api/users/me/sessions'),
    endSession: (id: string) => user.call('DELETE /api/users/me/sessions/{id}', { path: { id } }),
    endAllSessions: () => user.call('POST /api/users/logout-all'),
    factors: () => user.call('GET /api/users/me/factors'),
    removeFactor: (id: string) => user.call('DELETE /api/users/me/factors/{id}', { path: { id } }),
    passkeyChallenge: () => user.call('POST /api/users/login/passkey/options', { body: {} }),
    passkeyOptions: () => user.call('POST /api/users/me/passkeys/options'),
    addPasskey: (body: { response: PasskeyCreationInput }) =>
      user.call('POST /api/users/me/passkeys', { body }),
    renamePasskey: (id: string, name: string) =>
      user.call('PATCH /api/users/me/passkeys/{id}', { path: { id }, body: { name } }),
  },
  admin: {
    name: 'admin',
    client: admin,
    home: '/app/admin',
    signInPage: '/app/admin/sign-in',
    me: () => admin.call('GET /api/admins/me'),
    update: (body: ProfileChange) => admin.call('PUT /api/admins/me', { body }),
    changePassword: (body: PasswordChange) =>
      admin.call('POST /api/admins/change-password', { body }),
    sessions: () => admin.call('GET /api/admins/me/sessions'),
    endSession: (id: string) => admin.call('DELETE /api/admins/me/sessions/{id}', { path: { id } }),
    endAllSessions: () => admin.call('POST /api/admins/logout-all'),
    factors: () => admin.call('GET /api/admins/me/factors'),
    removeFactor: (id: string) =>
      admin.call('DELETE /api/admins/me/factors/{id}', { path: { id } }),
    passkeyChallenge: () => admin.call('POST /api/admins/login/passkey/options', { body: {} }),
    passkeyOptions: () => admin.call('POST /api/admins/me/passkeys/options'),
    addPasskey: (body: { response: PasskeyCreationInput }) =>
      admin.call('POST /api/admins/me/passkeys', { body }),
    renamePasskey: (id: string, name: string) =>
      admin.call('PATCH /api/admins/me/passkeys/{id}', { path: { id }, body: { name } }),
  },
} as const;

type ProfileChange = {
  email?: string;
  username?: string;
  full_name?: string;
  current_password?: string;
};
type PasswordChange = { current_password: string; new_password: string };

export type Realm = (typeof realms)[RealmName];
export type OwnAccount = Awaited<ReturnType<Realm['me']>>;
