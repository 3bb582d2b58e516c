import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { listKeptMails, type Mail } from '../../domain/outbox/mail-store.ts';
import { writeMail } from '../../domain/outbox/write-mail.ts';
import { html } from '../../platform/html/html.ts';

type Deps = Pick<RouteDependencies, 'db' | 'keys' | 'config' | 'mailTexts'>;

const shownMails = 50;

/** The newest mails, as text and on demand as they arrive; `live.js` adds those that come later. */
export async function mailboxPage(deps: Deps) {
  const mails = await listKeptMails(deps.db, shownMails);
  const entries = [];
  for (const mail of mails) entries.push(await mailEntry(deps, mail));
  const none = html`<p id="none">No mail yet. Register a user to see the first one here.</p>`;
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <title>Mailbox – ${deps.config.projectName}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/app/assets/page.css">
    <script type="module" src="/app/mailbox/live.js"></script>
  </head>
  <body>
    <main class="wide">
      <p class="brand">${deps.config.projectName}</p>
      <h1>Mailbox</h1>
      <p>SMTP_HOST is not set, so mails are kept here instead of being sent. Only a browser on this machine sees this page.</p>
      <div id="mails" aria-live="polite">${entries.length === 0 ? none : entries}</div>
    </main>
  </body>
</html>
`;
}

async function mailEntry(deps: Deps, mail: Mail) {
  // A mail that cannot be rendered must not hide the others.
  const message = await writeMail(deps, mail).catch(() => null);
  const sentAt = mail.created_at.toISOString();
  return html`<article class="mail" id="${mail.id}">
  <h2>${message?.subject ?? mail.kind}</h2>
  <p>To <strong>${mail.recipient}</strong>, <time datetime="${sentAt}">${sentAt.replace('T', ' ').slice(0, 19)} UTC</time></p>
  ${message ? content(mail.id, message.text) : html`<p>The link in this mail has been used or has expired.</p>`}
</article>
`;
}

/** The frame is loaded once it is opened. */
function content(id: string, message: string) {
  return html`<p class="mail-text">${linked(message)}</p>
  <details>
    <summary>As it arrives</summary>
    <iframe title="The mail as it arrives" loading="lazy" src="/app/mailbox/mails/${id}" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
  </details>`;
}

/** The text with its URLs as links. */
function linked(message: string) {
  return message
    .split(/(https?:\/\/\S+)/)
    .map((part, index) => (index % 2 === 1 ? html`<a href="${part}">${part}</a>` : part));
}
