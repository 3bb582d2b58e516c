import type { FastifyReply } from 'fastify';
import type { Account } from '../domain/accounts/account-store.ts';
import { accountTag } from '../domain/accounts/account-version.ts';
import { presentAccount } from '../domain/accounts/present-account.ts';

/** The account for the response, whose `ETag` names the version. */
export function answerAccount(reply: FastifyReply, account: Account) {
  const presented = presentAccount(account);
  reply.header('etag', accountTag(account, presented));
  return presented;
}
