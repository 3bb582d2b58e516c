import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anyoneUncounted } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { escapeHtml } from '../../platform/html/html.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageHeaders } from '../../platform/http/security-headers.ts';
import { sendStatic, staticContent } from '../../platform/http/static-content.ts';
import { readBuiltPages } from '../../platform/pages/built-pages.ts';

const fontFile = '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2';
const directory = join(import.meta.dirname, 'pages');
const pages = {
  'reset-password': 'Set a new password',
  'verify-email': 'Confirm your email address',
  undo: 'Undo a change',
};
const assets = {
  'page.css': 'text/css; charset=utf-8',
  'tokens.css': 'text/css; charset=utf-8',
  'link-token.js': 'text/javascript; charset=utf-8',
  'confirm-link.js': 'text/javascript; charset=utf-8',
  'reset-password.js': 'text/javascript; charset=utf-8',
  'verify-email.js': 'text/javascript; charset=utf-8',
  'undo.js': 'text/javascript; charset=utf-8',
};

/** The pages that links in mails lead to, unless `FRONTEND_URL` names another front end. */
export function addLinkPages(app: HttpServer, { config }: Pick<RouteDependencies, 'config'>): void {
  const route = { ...anyoneUncounted, schema: { hide: true } };
  const headers = { ...pageHeaders(), 'cache-control': 'no-cache' };

  for (const [page, title] of Object.entries(pages)) {
    const file = staticContent(pageOf(page, title, config), 'text/html; charset=utf-8');
    app.get(`/app/${page}`, route, async (request, reply) =>
      sendStatic(request, reply.headers(headers), file),
    );
  }
  const font = staticContent(
    readFileSync(fileURLToPath(import.meta.resolve(fontFile))),
    'font/woff2',
  );
  const files = Object.entries(assets).map(
    ([name, type]) => [name, staticContent(read(name), type)] as const,
  );
  for (const [name, file] of [...files, ['inter.woff2', font] as const]) {
    app.get(`/app/assets/${name}`, route, async (request, reply) =>
      sendStatic(request, reply.headers(headers), file),
    );
  }
}

const accent = '<link rel="stylesheet" href="/app/branding.css">';
/** Leads on once the link has done its work, where there is a page for it. */
const signIn = '<p class="on" id="sign-in" hidden><a href="/app/sign-in">Sign in</a></p>';

function pageOf(
  page: string,
  title: string,
  { projectName, branding }: RouteDependencies['config'],
): string {
  return read('page.html')
    .replaceAll('{{page}}', page)
    .replaceAll('{{title}}', title)
    .replace('{{content}}', () => read(`${page}.html`))
    .replace('{{branding}}', branding.accent === undefined ? '' : accent)
    .replace('{{sign_in}}', readBuiltPages() === null ? '' : signIn)
    .replaceAll('{{project_name}}', () => escapeHtml(projectName));
}

function read(name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}
