import type { FastifyInstance } from 'fastify';
import type { Dependencies } from './domain/dependencies.ts';
import { realms } from './domain/realms/realms.ts';
import { addAdminAdministrationRoutes } from './admin/admins/routes.ts';
import { recordDenials } from './access/denials.ts';
import { addAuditRoutes } from './admin/audit-events/routes.ts';
import { addEmailChangeRoutes } from './flows/email-change/routes.ts';
import { addEmailVerificationRoutes } from './flows/email-verification/routes.ts';
import { addLinkPages } from './flows/link-pages/routes.ts';
import { addMailboxPage } from './operations/mailbox/mailbox-page.ts';
import { addMailRoutes } from './admin/mails/routes.ts';
import { addMetricsRoute } from './operations/metrics/routes.ts';
import { addPasswordChangeRoutes } from './flows/password-change/routes.ts';
import { addPasswordResetRoutes } from './flows/password-reset/routes.ts';
import { addProfileRoutes } from './flows/profile/routes.ts';
import { addRegistrationRoutes } from './flows/registration/routes.ts';
import { addSessionRoutes } from './flows/sessions/routes.ts';
import { addSignInRoutes } from './flows/sign-in/routes.ts';
import { addDocumentationRoutes, describeApi } from './operations/api-reference/documentation.ts';
import { addSystemRoutes } from './operations/health/routes.ts';
import { addUserAdministrationRoutes } from './admin/users/routes.ts';
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
