import type { FastifyInstance } from 'fastify';
import { denials } from './access/denials.ts';
import { assemble, type Part } from './access/part.ts';
import type { AppDependencies } from './access/route-dependencies.ts';
import { forwarderOf, refuseUnknownServices } from './access/services.ts';
import { accountImport } from './admin/account-import/part.ts';
import { adminAdministration } from './admin/admins/part.ts';
import { auditEvents } from './admin/audit-events/part.ts';
import { factorResets } from './admin/factor-resets/part.ts';
import { invitationAdministration } from './admin/invitations/part.ts';
import { mailAdministration } from './admin/mails/part.ts';
import { overview } from './admin/overview/part.ts';
import { system } from './admin/system/part.ts';
import { userAdministration } from './admin/users/part.ts';
import { accounts } from './domain/accounts/part.ts';
import { audit } from './domain/audit/part.ts';
import { credentials } from './domain/credentials/part.ts';
import { factors } from './domain/factors/part.ts';
import { idempotency } from './domain/idempotency/part.ts';
import { identities } from './domain/identities/part.ts';
import { keyRotation } from './domain/key-rotation/part.ts';
import { oneTimeTokens } from './domain/one-time-tokens/part.ts';
import { outbox } from './domain/outbox/part.ts';
import { passkeys } from './domain/passkeys/part.ts';
import { queuedJobs } from './domain/personal-data/part.ts';
import { puzzles } from './domain/puzzles/part.ts';
import { revocation } from './domain/revocation/part.ts';
import { sessions } from './domain/sessions/part.ts';
import { throttles } from './domain/throttles/part.ts';
import { accountDeletion } from './flows/account-deletion/part.ts';
import { dataExport } from './flows/data-export/part.ts';
import { emailChange } from './flows/email-change/part.ts';
import { emailSignIn } from './flows/email-sign-in/part.ts';
import { emailVerification } from './flows/email-verification/part.ts';
import { invitations } from './flows/invitations/part.ts';
import { linkPages } from './flows/link-pages/part.ts';
import { passkeySignIn } from './flows/passkeys/part.ts';
import { passwordChange } from './flows/password-change/part.ts';
import { passwordReset } from './flows/password-reset/part.ts';
import { profile } from './flows/profile/part.ts';
import { providerSignIn } from './flows/providers/part.ts';
import { registration } from './flows/registration/part.ts';
import { secondFactors } from './flows/second-factors/part.ts';
import { securityEvents } from './flows/security-events/part.ts';
import { ownSessions } from './flows/sessions/part.ts';
import { signIn } from './flows/sign-in/part.ts';
import { tokenIntrospection } from './flows/token-introspection/part.ts';
import { undoLinks } from './flows/undo/part.ts';
import { addDocumentationRoutes, describeApi } from './operations/api-reference/documentation.ts';
import { backup } from './operations/backup/part.ts';
import { health } from './operations/health/part.ts';
import { mailbox } from './operations/mailbox/part.ts';
import { metrics } from './operations/metrics/part.ts';
import { pages } from './operations/pages/part.ts';
import { tokenVerification } from './operations/token-verification/part.ts';
import { createHttpServer, type HttpServer } from './platform/http/http-server.ts';

/** All parts of the service, one per line. */
export const parts: readonly Part[] = [
  denials,
  accounts,
  audit,
  credentials,
  factors,
  idempotency,
  identities,
  keyRotation,
  oneTimeTokens,
  outbox,
  passkeys,
  puzzles,
  queuedJobs,
  revocation,
  sessions,
  throttles,
  health,
  registration,
  signIn,
  secondFactors,
  passkeySignIn,
  providerSignIn,
  emailSignIn,
  invitations,
  ownSessions,
  profile,
  passwordChange,
  passwordReset,
  emailVerification,
  emailChange,
  accountDeletion,
  undoLinks,
  dataExport,
  securityEvents,
  tokenIntrospection,
  linkPages,
  userAdministration,
  invitationAdministration,
  adminAdministration,
  factorResets,
  accountImport,
  mailAdministration,
  auditEvents,
  overview,
  system,
  backup,
  mailbox,
  pages,
  tokenVerification,
  metrics,
];

export const assembly = assemble(parts);

/** Builds the server with the routes of all parts. `observe` runs before any route is added. */
export async function buildApp(
  given: AppDependencies,
  observe?: (app: FastifyInstance) => void,
): Promise<HttpServer> {
  const deps = { ...given, ...assembly };
  const app = createHttpServer({ ...deps, forwarderOf: forwarderOf(deps) });
  observe?.(app);
  app.decorateRequest('accessTokenClaims', null);
  app.decorateRequest('caller', null);
  await describeApi(app, deps.config);
  refuseUnknownServices(app, deps);
  for (const { routes } of parts) await routes?.(app, deps);
  if (deps.config.docsEnabled) addDocumentationRoutes(app);
  return app;
}
