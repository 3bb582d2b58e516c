import { unsharedConfig } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { listKeptMails, type Mail } from '../../domain/outbox/mail-store.ts';
import { writeMail } from '../../domain/outbox/write-mail.ts';
import { notFound } from '../../platform/errors.ts';
import { html } from '../../platform/html/html.ts';
import { isForeignPage, isLocalCaller } from '../../platform/http/client-address.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageHeaders } from '../../platform/http/security-headers.ts';

type Deps = Pick<RouteDependencies, 'db' | 'keys' | 'config' | 'mailTexts'>;

const shownMails = 50;

/** Development only, and only for this machine's browser: the links give access to any account. */
export function addMailboxPage(app: HttpServer, deps: Deps): void {
  const { environment, smtp, publicUrl } = deps.config;
  if (environment !== 'development' || smtp.host !== undefined) return;
  app.get('/app/mailbox', { config: unsharedConfig, schema: { hide: true } }, async (request, reply) => {
    if (!isLocalCaller(request.raw, publicUrl) || isForeignPage(request.raw)) {
      throw notFound("The requested resource '/app/mailbox' was not found");
    }
    return reply
      .headers({ ...pageHeaders(), 'cache-control': 'no-store' })
      .type('text/html; charset=utf-8')
      .send((await mailboxPage(deps)).toString());
  });
}

async function mailboxPage(deps: Deps) {
  const mails = await listKeptMails(deps.db, shownMails);
  const entries = [];
  for (const mail of mails) entries.push(await mailEntry(deps, mail));
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>Mailbox – ${deps.config.projectName}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/app/assets/page.css">
  </head>
  <body>
    <main class="wide">
      <p class="brand">${deps.config.projectName}</p>
      <h1>Mailbox</h1>
      <p>SMTP_HOST is not set, so mails are kept here instead of being sent. Only a browser on this machine sees this page.</p>
      ${entries.length === 0 ? html`<p>No mail yet. Register a user to see the first one here.</p>` : entries}
    </main>
  </body>
</html>
`;
}

async function mailEntry(deps: Deps, mail: Mail) {
  // A mail that cannot be rendered must not hide the others.
  const message = await writeMail(deps, mail).catch(() => null);
  const sentAt = mail.created_at.toISOString();
  return html`<article class="mail">
  <h2>${message?.subject ?? mail.kind}</h2>
  <p>To <strong>${mail.recipient}</strong>, <time datetime="${sentAt}">${sentAt.replace('T', ' ').slice(0, 19)} UTC</time></p>
  ${message ? html`<p class="mail-text">${linked(message.text)}</p>` : html`<p>The link in this mail has been used or has expired.</p>`}
</article>
`;
}

/** The text with its URLs as links. */
function linked(message: string) {
  return message
    .split(/(https?:\/\/\S+)/)
    .map((part, index) => (index % 2 === 1 ? html`<a href="${part}">${part}</a>` : part));
}
