import { assembly } from '../../src/app.ts';
import { findOrMakeUser } from '../../src/flows/providers/find-or-make-user.ts';
import { linkIdentity } from '../../src/flows/providers/link-identity.ts';
import { transact } from '../../src/platform/database/database.ts';
import { runInRequest } from '../../src/platform/logging/request-context.ts';
import { assertStatus } from '../api.ts';
import { signedInUser } from '../factories.ts';
import type { TestApp } from '../test-app.ts';

/** Every event and mail of identities, without a provider. */
export async function liveWithIdentity({ deps, db, ...service }: TestApp): Promise<void> {
  const { id, email, accessToken: token } = await signedInUser({ deps, db, ...service });
  const identity = {
    provider: 'test',
    issuer: 'https://idp.example',
    subject: id,
    email,
    provesEmail: true,
    fullName: null,
    handle: null,
  };
  await inRequest(() => transact(db, (trx) => linkIdentity(deps, trx, { id, email }, identity)));
  const { body } = await service.api.get('/api/users/me/identities', { token });
  const path = `/api/users/me/identities/${body.items[0].id}`;
  assertStatus(await service.api.delete(path, { token }), 204);
  // Nobody has verified the address yet.
  await inRequest(() =>
    findOrMakeUser({ ...deps, ...assembly }, { ...identity, subject: `${id} elsewhere` }),
  );
}

/** As the callback does it. */
function inRequest<T>(work: () => Promise<T>): Promise<T> {
  const { promise, resolve } = Promise.withResolvers<T>();
  const request = { id: crypto.randomUUID(), clientAddress: '127.0.0.1', headers: {} };
  runInRequest(request, () => resolve(work()));
  return promise;
}
