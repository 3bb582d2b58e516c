import type { FastifyInstance } from 'fastify';
import type { Dependencies } from './dependencies.ts';
import { realms } from './features/accounts/realms.ts';
import { addAdminAdministrationRoutes } from './features/admin-administration/routes.ts';
import { recordDenials } from './features/audit-log/record-denials.ts';
import { addAuditRoutes } from './features/audit-log/routes.ts';
import { addEmailChangeRoutes } from './features/email-change/routes.ts';
import { addEmailVerificationRoutes } from './features/email-verification/routes.ts';
import { addLinkPages } from './features/link-pages/routes.ts';
import { addMailboxPage } from './features/mail/mailbox-page.ts';
import { addMailRoutes } from './features/mail/routes.ts';
import { addMetricsRoute } from './features/metrics/routes.ts';
import { addPasswordChangeRoutes } from './features/password-change/routes.ts';
import { addPasswordResetRoutes } from './features/password-reset/routes.ts';
import { addProfileRoutes } from './features/profile/routes.ts';
import { addRegistrationRoutes } from './features/registration/routes.ts';
import { addSessionRoutes } from './features/sessions/routes.ts';
import { addSignInRoutes } from './features/sign-in/routes.ts';
import { addDocumentationRoutes, describeApi } from './features/system/documentation.ts';
import { addSystemRoutes } from './features/system/routes.ts';
import { addUserAdministrationRoutes } from './features/user-administration/routes.ts';
import { createHttpServer, type HttpServer } from './platform/http/http-server.ts';

/** The table of contents: what the service does, one line a part. `observe` sees the server before its first route. */
export async function buildApp(
  deps: Dependencies,
  observe?: (app: FastifyInstance) => void,
): Promise<HttpServer> {
  const app = createHttpServer(deps);
  observe?.(app);
  app.decorateRequest('accessTokenClaims', null);
  app.decorateRequest('caller', null);
  recordDenials(app, deps);
  await describeApi(app, deps.config);

  addSystemRoutes(app, deps);
  addRegistrationRoutes(app, deps);
  for (const realm of realms) {
    addSignInRoutes(app, deps, realm);
    addSessionRoutes(app, deps, realm);
    addProfileRoutes(app, deps, realm);
    addPasswordChangeRoutes(app, deps, realm);
  }
  addPasswordResetRoutes(app, deps);
  addEmailVerificationRoutes(app, deps);
  addEmailChangeRoutes(app, deps);
  addMailRoutes(app, deps);
  addMailboxPage(app, deps);
  addLinkPages(app, deps);
  addUserAdministrationRoutes(app, deps);
  addAdminAdministrationRoutes(app, deps);
  addAuditRoutes(app, deps);
  addMetricsRoute(app, deps);
  if (deps.config.docsEnabled) await addDocumentationRoutes(app, deps.config);
  return app;
}
