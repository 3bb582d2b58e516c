import { callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { listMails, mailQuery, mailSchema } from '../../domain/outbox/mail-list.ts';
import { adminRealm } from '../../domain/realms/realms.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageOf } from '../../platform/http/paging.ts';
import { errors, guardErrors, idParams, noContent } from '../../platform/http/schemas.ts';
import { mailDetailSchema, readMail } from './read-mail.ts';
import { requeueMail } from './requeue-mail.ts';

export function addMailRoutes(app: HttpServer, deps: RouteDependencies): void {
  const guarded = requireAccount(deps, adminRealm);
  const about = { tags: ['Mail'] };

  app.get(
    '/api/admins/mails',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'List mails, dead ones first',
        querystring: mailQuery,
        response: { 200: pageOf(mailSchema), ...errors([422, ...guardErrors]) },
      },
    },
    async (request) => listMails(deps.db, request.query),
  );

  app.get(
    '/api/admins/mails/:id',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Read a mail, without the token of its link',
        params: idParams,
        response: { 200: mailDetailSchema, ...errors([404, 422, ...guardErrors]) },
      },
    },
    async (request) => readMail(deps, request.params.id),
  );

  app.post(
    '/api/admins/mails/:id/requeue',
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Requeue a dead mail',
        params: idParams,
        response: { 204: noContent, ...errors([404, 409, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      await requeueMail(deps, callerOf(request).account.id, request.params.id);
      return reply.code(204).send(null);
    },
  );
}
