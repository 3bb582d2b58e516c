import { callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { jsonType } from '../../platform/http/json-answers.ts';
import { errors, guardErrors } from '../../platform/http/schemas.ts';
import { restartTimeLimit } from '../../platform/http/time-limit.ts';
import { exportData } from './export-data.ts';
import { exportSchema } from './export-schema.ts';

/** Until the last byte is sent. */
const downloadMilliseconds = 5 * 60_000;

export function addDataExportRoutes(app: HttpServer, deps: RouteDependencies): void {
  app.get(
    '/api/users/me/export',
    {
      ...requireAccount(deps, userRealm, { wantsProof: true }),
      schema: {
        tags: [userRealm.tag],
        summary: 'Download all that is stored about me',
        description:
          'Needs a sign-in or `reauthenticate` in the last 15 minutes. A file with every row about the caller, at most five times an hour. It holds no password, token or hash, and ' +
          'nothing about others, such as the address of an admin. What a limit counts by network is left out. If the ' +
          'response ends early, the connection is broken off: then download it again.',
        response: { 200: exportSchema(deps), ...errors(guardErrors) },
      },
    },
    async (request, reply) => {
      restartTimeLimit(request, reply, downloadMilliseconds);
      const stream = await exportData(deps, callerOf(request));
      reply.header('content-disposition', 'attachment; filename="account.json"');
      // The schema's rows are applied as they are written.
      return reply.type(jsonType).send(stream as never);
    },
  );
}
