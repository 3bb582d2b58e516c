import { z } from 'zod';
import { forgetCookie } from '../../access/cookie-mode.ts';
import { callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { typedPassword } from '../../domain/credentials/password-policy.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import {
  bodyErrors,
  errors,
  guardErrors,
  noContent,
  unchangedIfNull,
} from '../../platform/http/schemas.ts';
import { deleteAccount } from './delete-account.ts';

export function addAccountDeletionRoutes(app: HttpServer, deps: RouteDependencies): void {
  const days = deps.config.deletedUserGraceDays;
  app.delete(
    '/api/users/me',
    {
      ...requireAccount(deps, userRealm),
      schema: {
        tags: [userRealm.tag],
        summary: 'Delete my account',
        description:
          `All sessions end at once. For ${days} days a link that is mailed to the last verified address restores the ` +
          'account, and its names stay taken; then everything about it is erased for ever.',
        body: z
          .object({
            password: unchangedIfNull(typedPassword).describe(
              'Required unless the session has just been renewed with `reauthenticate`',
            ),
          })
          .nullish()
          .meta({ example: { password: 'correct horse battery staple' } }),
        response: { 204: noContent, ...errors([400, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const password = request.body?.password;
      const typed = { password, ip: request.clientAddress, signal: answerEnded(reply) };
      await deleteAccount(deps, callerOf(request), typed);
      forgetCookie({ request, reply, config: deps.config, realm: userRealm });
      return reply.code(204).send(null);
    },
  );
}
