import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyRequest } from 'fastify';
import { unsharedConfig } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { logoAddress } from '../../domain/outbox/mail-logo.ts';
import { findMail } from '../../domain/outbox/mail-store.ts';
import { writeMail } from '../../domain/outbox/write-mail.ts';
import { languageHeaders, languageOf } from '../../flows/link-pages/texts/texts.ts';
import { notFound } from '../../platform/errors.ts';
import { isForeignPage, isLocalCaller } from '../../platform/http/client-address.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pathOf } from '../../platform/http/path-of.ts';
import { idParams } from '../../platform/http/schemas.ts';
import { pageHeaders } from '../../platform/http/security-headers.ts';
import { sendStatic, staticContent } from '../../platform/http/static-content.ts';
import { mailboxPage } from './mailbox-page.ts';

type Deps = Pick<RouteDependencies, 'db' | 'keys' | 'config' | 'mailTexts'>;

const fresh = { 'cache-control': 'no-store' };

/**
 * The policy of a mail as it arrives. Its styles are inline, as mail programs want them; nothing
 * runs and nothing is loaded, and the frame that shows it has an origin of its own.
 */
const mailPolicy =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; " +
  'sandbox allow-popups allow-popups-to-escape-sandbox';

/** Development only, and only for this machine's browser: the links give access to any account. */
export function addMailboxRoutes(app: HttpServer, deps: Deps): void {
  const { environment, smtp } = deps.config;
  if (environment !== 'development' || smtp.host !== undefined) return;
  const route = { config: unsharedConfig, schema: { hide: true } };
  const script = staticContent(
    readFileSync(join(import.meta.dirname, 'live.js'), 'utf8'),
    'text/javascript; charset=utf-8',
  );

  app.get('/app/mailbox', route, async (request, reply) => {
    requireLocal(deps, request);
    const language = languageOf(request);
    const page = await mailboxPage(deps, language);
    return reply
      .headers({
        ...pageHeaders({ frameSource: "'self'" }),
        ...fresh,
        ...languageHeaders(language),
      })
      .type('text/html; charset=utf-8')
      .send(page.toString());
  });

  app.get('/app/mailbox/live.js', route, async (request, reply) =>
    sendStatic(request, reply.headers({ ...pageHeaders(), 'cache-control': 'no-cache' }), script),
  );

  app.get(
    '/app/mailbox/mails/:id',
    { ...route, schema: { hide: true, params: idParams } },
    async (request, reply) => {
      requireLocal(deps, request);
      const mail = await findMail(deps.db, request.params.id);
      const message = mail && (await writeMail(deps, mail).catch(() => null));
      if (message === null) throw notFound('Mail not found');
      // Its links open beside the mailbox.
      const html = message.html.replace('<head>', '<head><base target="_blank">');
      return reply
        .headers({ ...pageHeaders(), ...fresh, 'content-security-policy': mailPolicy })
        .type('text/html; charset=utf-8')
        .send(withLogo(html, message.logo));
    },
  );
}

/** A frame without an origin loads nothing, so the logo is in it. */
function withLogo(html: string, logo: Buffer | undefined): string {
  if (logo === undefined) return html;
  return html.replace(logoAddress, `data:image/png;base64,${logo.toString('base64')}`);
}

function requireLocal({ config }: Deps, { raw, url }: FastifyRequest): void {
  if (isLocalCaller(raw, config.publicUrl) && !isForeignPage(raw)) return;
  throw notFound(`The requested resource '${pathOf(url)}' was not found`);
}
