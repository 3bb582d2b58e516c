import { z } from 'zod';
import { anyone, callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import {
  bodyErrors,
  errors,
  guardErrors,
  messageSchema,
  text,
} from '../../platform/http/schemas.ts';
import { resendVerification, verifyEmail } from './verify-email.ts';

export function addEmailVerificationRoutes(app: HttpServer, deps: RouteDependencies): void {
  app.post(
    '/api/users/verify-email',
    {
      ...anyone,
      schema: {
        tags: ['Users'],
        summary: 'Verify an e-mail address with the token of a verification link',
        body: z.object({ token: text(4096).min(1).meta({ example: 'the-token-of-the-link' }) }),
        response: { 200: messageSchema, ...errors([400, 503, ...bodyErrors]) },
      },
    },
    async (request) => {
      await verifyEmail(deps, request.body.token);
      return { message: 'Email verified successfully' };
    },
  );

  app.post(
    '/api/users/resend-verification',
    {
      ...requireAccount(deps, userRealm),
      schema: {
        tags: ['Users'],
        summary: 'Send the verification link again',
        response: { 200: messageSchema, ...errors(guardErrors) },
      },
    },
    async (request) => {
      await resendVerification(deps, callerOf(request).account.id);
      return { message: 'If the email is not verified yet, a verification link has been sent' };
    },
  );
}
