import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RouteDependencies } from '../access/route-dependencies.ts';
import type { ListQuery } from '../domain/accounts/account-filters.ts';
import { listAccounts } from '../domain/accounts/account-list.ts';
import type { Realm } from '../domain/realms/realms.ts';

/** Answers a list of accounts; a search waits for its turn. */
export async function answerList(
  deps: Pick<RouteDependencies, 'db' | 'limits'>,
  realm: Realm,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const query = request.query as ListQuery;
  const list = () => listAccounts(deps, realm, query);
  const isSearch = query.q || query.last_login_before !== undefined;
  return isSearch ? deps.limits.searchInTurn(request, reply, list) : list();
}
