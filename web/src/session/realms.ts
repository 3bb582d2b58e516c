import {
  type Client,
  cookieSession,
  createClient,
  type Operations,
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
    solvePuzzle: async (puzzle, signal) =>
      (await import('../puzzles/solve-in-worker.ts')).solveInWorker(puzzle, signal),
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
    beginTotp: () => user.call('POST /api/users/me/factors/totp', { body: {} }),
    confirmTotp: (id: string, code: string) =>
      user.call('POST /api/users/me/factors/totp/{id}/confirm', { path: { id }, body: { code } }),
    renewRecoveryCodes: () => user.call('POST /api/users/me/factors/recovery-codes'),
    reauthenticate: (body: Operations['POST /api/users/me/reauthenticate']['body']) =>
      user.call('POST /api/users/me/reauthenticate', { body }),
    /** `step`: of the second step of a sign-in, for the passkeys of the account. */
    passkeyChallenge: (step?: string) =>
      user.call('POST /api/users/login/passkey/options', {
        body: step === undefined ? {} : { second_factor_challenge: step },
      }),
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
    beginTotp: () => admin.call('POST /api/admins/me/factors/totp', { body: {} }),
    confirmTotp: (id: string, code: string) =>
      admin.call('POST /api/admins/me/factors/totp/{id}/confirm', { path: { id }, body: { code } }),
    renewRecoveryCodes: () => admin.call('POST /api/admins/me/factors/recovery-codes'),
    reauthenticate: (body: Operations['POST /api/admins/me/reauthenticate']['body']) =>
      admin.call('POST /api/admins/me/reauthenticate', { body }),
    /** `step`: of the second step of a sign-in, for the passkeys of the account. */
    passkeyChallenge: (step?: string) =>
      admin.call('POST /api/admins/login/passkey/options', {
        body: step === undefined ? {} : { second_factor_challenge: step },
      }),
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
