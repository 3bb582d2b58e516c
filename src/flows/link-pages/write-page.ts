import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { escapeHtml, type Html, html } from '../../platform/html/html.ts';
import type { BuiltPages } from '../../platform/pages/built-pages.ts';
import { type Language, type LinkPage, texts } from './texts/texts.ts';

type Config = RouteDependencies['config'];
type Surroundings = { config: Config; pages: BuiltPages | null };

/** One page in one language; the same for everybody, so nothing of a request is in it. */
export function writePage(
  page: LinkPage,
  language: Language,
  { config, pages }: Surroundings,
): string {
  const words: Record<string, string> = {
    ...texts[language].shared,
    ...withLength(texts[language].pages[page], config.passwordMinLength.user),
  };
  const project = config.projectName;
  const { usernames, passwordSignIn: passwords } = config;
  const strength = pages?.strength ?? null;
  const shown = { words, language, project, strength, usernames, passwords };
  const values: Record<string, string> = {
    ...Object.fromEntries(Object.entries(words).map(([name, text]) => [name, escapeHtml(text)])),
    page,
    project_name: escapeHtml(project),
    words: escapeHtml(JSON.stringify(shown)),
    branding: config.branding.accent === undefined ? '' : accent,
    brand: brandMark(config).toString(),
    on: leadOn(words, { config, pages }).toString(),
    links: footLinks(words, config).join('\n'),
  };
  const content = read(`${page}.html`);
  return read('page.html')
    .replace('<html lang="en">', `<html lang="${language}">`)
    .replace('{{content}}', () => content)
    .replaceAll(/\{\{(\w+)\}\}/g, (_all, name: string) => values[name] ?? '');
}

const accent = '<link rel="stylesheet" href="/app/branding.css">';

function withLength(words: Record<string, string>, length: number): Record<string, string> {
  return Object.fromEntries(
    Object.entries(words).map(([name, text]) => [name, text.replace('{length}', String(length))]),
  );
}

function brandMark({ branding, projectName }: Config): Html {
  return branding.logo === undefined
    ? html`<span class="brand-mark" aria-hidden="true">${projectName.charAt(0).toUpperCase()}</span>`
    : html`<img class="brand-mark" src="/app/logo" alt="">`;
}

/** Where the page leads once the link has done its work: to sign in, or to the application. */
function leadOn(words: Record<string, string>, { config, pages }: Surroundings): Html {
  if (pages !== null) return html`<a href="/app/sign-in">${words.signIn ?? ''}</a>`;
  return config.appUrl === undefined
    ? html``
    : html`<a href="${config.appUrl}">${words.backToApp ?? ''}</a>`;
}

function footLinks(words: Record<string, string>, config: Config): Html[] {
  const { appUrl, branding, environment, smtp } = config;
  const keepsMails = environment === 'development' && smtp.host === undefined;
  const links: [address: string | undefined, label: string | undefined][] = [
    [appUrl, words.backToApp],
    [branding.terms_url, words.terms],
    [branding.privacy_url, words.privacy],
    [keepsMails ? '/app/mailbox' : undefined, words.mailbox],
  ];
  return links.flatMap(([address, label]) =>
    address === undefined ? [] : [html`<a href="${address}">${label ?? ''}</a>`],
  );
}

export function read(name: string): string {
  return readFileSync(join(import.meta.dirname, 'pages', name), 'utf8');
}
