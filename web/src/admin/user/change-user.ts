import type { Operations } from '../../../../client/src/client.ts';
import { queries } from '../../session/queries.ts';
import { adminClient } from '../admin-client.ts';

type Change = Operations['PATCH /api/admins/users/{id}']['body'];

/** With the version that is shown: 412 if somebody else has changed the user since. */
export async function changeUser(id: string, etag: string | null, body: Change): Promise<void> {
  const version = etag === null ? {} : { ifMatch: etag };
  try {
    await adminClient.call('PATCH /api/admins/users/{id}', { path: { id }, body, ...version });
  } finally {
    await queries.invalidateQueries({ queryKey: ['admin'] });
  }
}
