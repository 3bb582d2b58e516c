import { z } from 'zod';
import { callerOf, requireAccountInDefence } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { newPassword, typedPassword } from '../../domain/credentials/password-policy.ts';
import type { Realm } from '../../domain/realms/realms.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, guardErrors, messageSchema } from '../../platform/http/schemas.ts';
import { changePassword } from './change-password.ts';

export function addPasswordChangeRoutes(
  app: HttpServer,
  deps: RouteDependencies,
  realm: Realm,
): void {
  app.post(
    `${realm.path}/change-password`,
    {
      ...requireAccountInDefence(deps, realm),
      schema: {
        tags: [realm.tag],
        summary: 'Change my password',
        description: 'All other sessions of the account end.',
        body: z.object({
          current_password: typedPassword,
          new_password: newPassword(deps.config, realm),
        }),
        response: { 200: messageSchema, ...errors([400, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const { current_password: currentPassword, new_password: password } = request.body;
      const { clientAddress: ip } = request;
      const change = { currentPassword, newPassword: password, ip, signal: answerEnded(reply) };
      await changePassword(deps, realm, callerOf(request), change);
      return { message: 'Password changed successfully' };
    },
  );
}
