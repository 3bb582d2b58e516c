import type { z } from 'zod';
import { adminListQuery, userListQuery } from '../../domain/accounts/account-filters.ts';
import { listAccounts } from '../../domain/accounts/account-list.ts';
import type { Realm } from '../../domain/realms/realms.ts';
import type { CommandDependencies, Exchange } from './command.ts';
import { parseBody } from './parse-body.ts';

type Wanted = { limit: number; filter: Record<string, string | undefined> };

const largestPage = 100;

/** Sends the accounts page by page, each by its cursor; the filter is that of the route. */
export async function sendAccounts(
  deps: Pick<CommandDependencies, 'db'>,
  realm: Realm,
  { limit, filter }: Wanted,
  schema: z.ZodType<object>,
  { send, signal }: Exchange,
): Promise<{ count: number; total: number }> {
  for (let count = 0, cursor: string | undefined; ; ) {
    const pageSize = String(Math.min(largestPage, limit - count));
    const query = parseBody(realm.kind === 'user' ? userListQuery : adminListQuery, {
      ...filter,
      page_size: pageSize,
      cursor,
    });
    const page = await listAccounts(deps, realm, query);
    for (const item of page.items) await send({ item: schema.parse(item) });
    signal.throwIfAborted();
    count += page.items.length;
    cursor = page.next_cursor ?? undefined;
    if (cursor === undefined || count >= limit) return { count, total: page.total };
  }
}
