import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anyoneUncounted } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { escapeHtml } from '../../platform/html/html.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageHeaders } from '../../platform/http/security-headers.ts';
import { sendStatic, staticContent } from '../../platform/http/static-content.ts';

const directory = join(import.meta.dirname, 'pages');
const pages = {
  'reset-password': 'Set a new password',
  'verify-email': 'Confirm your email address',
  undo: 'Undo a change',
};
const assets = {
  'page.css': 'text/css; charset=utf-8',
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
    const file = staticContent(pageOf(page, title, config.projectName), 'text/html; charset=utf-8');
    app.get(`/app/${page}`, route, async (request, reply) =>
      sendStatic(request, reply.headers(headers), file),
    );
  }
  for (const [name, type] of Object.entries(assets)) {
    const file = staticContent(read(name), type);
    app.get(`/app/assets/${name}`, route, async (request, reply) =>
      sendStatic(request, reply.headers(headers), file),
    );
  }
}

function pageOf(page: string, title: string, projectName: string): string {
  return read('page.html')
    .replaceAll('{{page}}', page)
    .replaceAll('{{title}}', title)
    .replace('{{content}}', () => read(`${page}.html`))
    .replaceAll('{{project_name}}', () => escapeHtml(projectName));
}

function read(name: string): string {
  return readFileSync(join(directory, name), 'utf8');
}
