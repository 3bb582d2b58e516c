import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { listKeptMails, type Mail } from '../../domain/outbox/mail-store.ts';
import { writeMail } from '../../domain/outbox/write-mail.ts';
import { type Language, texts } from '../../flows/link-pages/texts/texts.ts';
import { html } from '../../platform/html/html.ts';

type Deps = Pick<RouteDependencies, 'db' | 'keys' | 'config' | 'mailTexts'>;
type Words = (typeof texts)[Language]['mailbox'];

const shownMails = 50;

/** The newest mails, as text and on demand as they arrive; `live.js` adds those that come later. */
export async function mailboxPage(deps: Deps, language: Language) {
  const words = texts[language].mailbox;
  const mails = await listKeptMails(deps.db, shownMails);
  const entries = [];
  for (const mail of mails) entries.push(await mailEntry(deps, mail, words));
  const none = html`<p id="none">${words.none}</p>`;
  return html`<!doctype html>
<html lang="${language}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="robots" content="noindex">
    <meta name="color-scheme" content="light dark">
    <title>${words.title} – ${deps.config.projectName}</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/app/assets/tokens.css">
    <link rel="stylesheet" href="/app/assets/page.css">
    <script type="module" src="/app/mailbox/live.js"></script>
  </head>
  <body>
    <main class="wide">
      <p class="brand">${deps.config.projectName}</p>
      <h1>${words.title}</h1>
      <p>${words.lead}</p>
      <div id="mails" aria-live="polite">${entries.length === 0 ? none : entries}</div>
    </main>
  </body>
</html>
`;
}

async function mailEntry(deps: Deps, mail: Mail, words: Words) {
  // A mail that cannot be rendered must not hide the others.
  const message = await writeMail(deps, mail).catch(() => null);
  const sentAt = mail.created_at.toISOString();
  return html`<article class="mail" id="${mail.id}">
  <h2>${message?.subject ?? mail.kind}</h2>
  <p>${words.to} <strong>${mail.recipient}</strong>, <time datetime="${sentAt}">${sentAt.replace('T', ' ').slice(0, 19)} UTC</time></p>
  ${message ? content(mail.id, message.text, words) : html`<p>${words.over}</p>`}
</article>
`;
}

/** The frame is loaded once it is opened. */
function content(id: string, message: string, words: Words) {
  return html`<p class="mail-text">${linked(message)}</p>
  <details>
    <summary>${words.asItArrives}</summary>
    <iframe title="${words.frame}" loading="lazy" src="/app/mailbox/mails/${id}" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
  </details>`;
}

/** The text with its URLs as links. */
function linked(message: string) {
  return message
    .split(/(https?:\/\/\S+)/)
    .map((part, index) => (index % 2 === 1 ? html`<a href="${part}">${part}</a>` : part));
}
