import { z } from 'zod';
import { askForPuzzle, puzzleHeader } from '../../access/abuse-challenges.ts';
import { anyone, callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { email } from '../../domain/accounts/account-schemas.ts';
import { newPassword } from '../../domain/credentials/password-policy.ts';
import { requirePasswords } from '../../domain/credentials/password-sign-in.ts';
import { adminRealm, userRealm } from '../../domain/realms/realms.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import {
  bodyErrors,
  errors,
  guardErrors,
  messageSchema,
  text,
} from '../../platform/http/schemas.ts';
import { requestPasswordReset } from './request-password-reset.ts';
import { addressOfResetToken } from './reset-link.ts';
import { resetPassword } from './reset-password.ts';
import { sendTestEmail } from './send-test-email.ts';

const tags = ['Password reset'];
const resetToken = text(4096).min(1).meta({ example: 'the-token-of-the-link' });

export function addPasswordResetRoutes(app: HttpServer, deps: RouteDependencies): void {
  app.post(
    '/api/password/forgot-password',
    {
      config: { ...anyone.config, limit: 'forgot-ip' },
      preHandler: askForPuzzle(deps, 'forgot-password'),
      schema: {
        tags,
        summary: 'Request a password reset link',
        description: 'The response is the same whether or not the account exists.',
        headers: puzzleHeader,
        body: z.object({ email }),
        response: { 200: messageSchema, ...errors([403, 428, 503, ...bodyErrors]) },
      },
    },
    async (request) => {
      requirePasswords(deps.config, userRealm);
      await requestPasswordReset(deps, request.body.email);
      return { message: 'If the email exists, a password reset link has been sent' };
    },
  );

  app.post(
    '/api/password/check-reset-token',
    {
      config: { ...anyone.config, limit: 'reset' },
      schema: {
        tags,
        summary: 'Whose password a reset link sets',
        description: 'The address that it was mailed to. The link stays valid.',
        body: z.object({ token: resetToken }),
        response: {
          200: z.object({ email: z.string().max(254).meta({ example: 'ada@example.com' }) }),
          ...errors([400, 403, 503, ...bodyErrors]),
        },
      },
    },
    async (request) => {
      requirePasswords(deps.config, userRealm);
      return { email: await addressOfResetToken(deps, request.body.token) };
    },
  );

  app.post(
    '/api/password/reset-password',
    {
      config: { ...anyone.config, limit: 'reset' },
      schema: {
        tags,
        summary: 'Set a new password with the token of a reset link',
        description:
          'Ends all sessions and all other reset and verification links of the account. The address that the link was ' +
          'mailed to becomes verified; if it has since been changed to an unverified one, it is restored.',
        body: z.object({
          token: resetToken,
          new_password: newPassword(deps.config, userRealm),
        }),
        response: { 200: messageSchema, ...errors([400, 403, 503, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      requirePasswords(deps.config, userRealm);
      const { token, new_password: password } = request.body;
      const { clientAddress: ip } = request;
      await resetPassword(deps, { token, newPassword: password, ip, signal: answerEnded(reply) });
      return { message: 'Password reset successfully' };
    },
  );

  addTestEmailRoute(app, deps);
}

function addTestEmailRoute(app: HttpServer, deps: RouteDependencies): void {
  app.post(
    '/api/password/test-email',
    {
      ...requireAccount(deps, adminRealm),
      schema: {
        tags,
        summary: 'Send a test mail',
        description: "Only to the admin's own address or to one in `TEST_EMAIL_ALLOW`.",
        body: z.object({ to_email: email }),
        response: { 202: messageSchema, ...errors([...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      await sendTestEmail(deps, callerOf(request).account, request.body.to_email);
      return reply.code(202).send({ message: 'Test email queued' });
    },
  );
}
