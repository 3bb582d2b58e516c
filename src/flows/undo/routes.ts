import { z } from 'zod';
import { anyone } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, messageSchema, text } from '../../platform/http/schemas.ts';
import { undo } from './undo.ts';

const messages = {
  email_change:
    'Your email address was restored and all sessions were ended. A link to set a new password has been sent to it',
  deletion: 'Your account was restored. Sign in with your password',
};

export function addUndoRoutes(app: HttpServer, deps: RouteDependencies): void {
  app.post(
    '/api/users/undo',
    {
      ...anyone,
      schema: {
        tags: ['Users'],
        summary: 'Undo an e-mail change or a deletion with the token of an undo link',
        description:
          'After an e-mail change: restores the old address, ends all sessions, voids the password and mails a reset link ' +
          'to the old address. After a deletion by the owner: restores the account; all sessions stay ended.',
        body: z.object({ token: text(4096).min(1).meta({ example: 'the-token-of-the-link' }) }),
        response: { 200: messageSchema, ...errors([400, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const { token } = request.body;
      const undone = await undo(deps, {
        token,
        ip: request.clientAddress,
        signal: answerEnded(reply),
      });
      return { message: messages[undone] };
    },
  );
}
