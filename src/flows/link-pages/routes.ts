import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { anyoneUncounted } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pageHeaders } from '../../platform/http/security-headers.ts';
import { sendStatic, staticContent } from '../../platform/http/static-content.ts';
import { readBuiltPages } from '../../platform/pages/built-pages.ts';
import { type LinkPage, languageHeaders, languageOf, texts } from './texts/texts.ts';
import { read, writePage } from './write-page.ts';

const fontFile = '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2';
const assets = {
  'page.css': 'text/css; charset=utf-8',
  'tokens.css': 'text/css; charset=utf-8',
  'link-token.js': 'text/javascript; charset=utf-8',
  'confirm-link.js': 'text/javascript; charset=utf-8',
  'password-input.js': 'text/javascript; charset=utf-8',
  'invitation.js': 'text/javascript; charset=utf-8',
  'reset-password.js': 'text/javascript; charset=utf-8',
  'verify-email.js': 'text/javascript; charset=utf-8',
  'undo.js': 'text/javascript; charset=utf-8',
  'sign-in-failed.js': 'text/javascript; charset=utf-8',
};
const route = { ...anyoneUncounted, schema: { hide: true } };
const headers = { ...pageHeaders(), 'cache-control': 'no-cache' };

/** The pages that links in mails lead to, unless `FRONTEND_URL` names another front end. */
export function addLinkPages(app: HttpServer, { config }: Pick<RouteDependencies, 'config'>): void {
  const pages = readBuiltPages();
  for (const page of Object.keys(texts.en.pages) as LinkPage[]) {
    const written = (language: keyof typeof texts) =>
      staticContent(writePage(page, language, { config, pages }), 'text/html; charset=utf-8');
    const files = { en: written('en'), de: written('de') };
    app.get(`/app/${page}`, route, async (request, reply) => {
      const language = languageOf(request);
      reply.headers({ ...headers, ...languageHeaders(language) });
      return sendStatic(request, reply, files[language]);
    });
  }
  addAssets(app);
}

function addAssets(app: HttpServer): void {
  const font = readFileSync(fileURLToPath(import.meta.resolve(fontFile)));
  const files = Object.entries(assets).map(
    ([name, type]) => [name, staticContent(read(name), type)] as const,
  );
  for (const [name, file] of [
    ...files,
    ['inter.woff2', staticContent(font, 'font/woff2')],
  ] as const) {
    app.get(`/app/assets/${name}`, route, async (request, reply) =>
      sendStatic(request, reply.headers(headers), file),
    );
  }
}
