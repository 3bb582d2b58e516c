import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RouteDependencies } from '../access/route-dependencies.ts';
import { type ListQuery, listAccounts } from '../domain/accounts/account-list.ts';
import type { Realm } from '../domain/realms/realms.ts';

/** Answers a list of accounts; a search waits for its turn. */
export async function answerList(
  deps: Pick<RouteDependencies, 'db' | 'engine' | 'limits'>,
  realm: Realm,
  request: FastifyRequest,
  reply: FastifyReply,
) {
  const query = request.query as ListQuery;
  const list = () => listAccounts(deps, realm, query);
  return query.q ? deps.limits.searchInTurn(request, reply, list) : list();
}
