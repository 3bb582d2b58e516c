import { signedInAdmin, signedInUser } from './factories.ts';
import type { TestApp } from './test-app.ts';

/** A plain admin's calls on one user, and the user's own. */
export async function withUser(service: TestApp) {
  const { api } = service;
  const admin = { token: (await signedInAdmin(service, { superadmin: false })).accessToken };
  const user = await signedInUser(service);
  const path = `/api/admins/users/${user.id}`;
  return {
    user,
    admin,
    me: () => api.get('/api/users/me', { token: user.accessToken }),
    put: (body: object) => api.put('/api/users/me', body, { token: user.accessToken }),
    patch: (body: object) => api.patch(path, body, admin),
    read: () => api.get(path, admin),
  };
}
