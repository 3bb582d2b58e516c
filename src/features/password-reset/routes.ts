import { z } from 'zod';
import type { Dependencies } from '../../dependencies.ts';
import { badRequest } from '../../errors.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, messageSchema, text } from '../../platform/http/schemas.ts';
import { email } from '../accounts/account-schemas.ts';
import { userRealm } from '../accounts/realms.ts';
import { newPassword } from '../passwords/password-policy.ts';
import { anyone } from '../sessions/authenticate.ts';

/** No reset token has ever been issued as yet, so that forgot has nothing to send and no token can be good. */
export function addPasswordResetRoutes(app: HttpServer, deps: Dependencies): void {
  const tags = ['Password reset'];

  app.post(
    '/api/password/forgot-password',
    {
      ...anyone,
      schema: {
        tags,
        summary: 'Ask for a password reset link',
        description: 'The answer is the same whether there is such an account or not.',
        body: z.object({ email }),
        response: { 200: messageSchema, ...errors([503, ...bodyErrors]) },
      },
    },
    async () => ({ message: 'If the email exists, a password reset link has been sent' }),
  );

  app.post(
    '/api/password/reset-password',
    {
      ...anyone,
      schema: {
        tags,
        summary: 'Set a new password with the token of a reset link',
        body: z.object({
          token: text(500).min(1).meta({ example: 'the-token-of-the-link' }),
          new_password: newPassword(deps.config, userRealm),
        }),
        response: { 200: messageSchema, ...errors([400, 503, ...bodyErrors]) },
      },
    },
    async () => {
      throw badRequest('The reset link is not valid or no longer valid', 'invalid_reset_token');
    },
  );
}
