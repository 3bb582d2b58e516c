import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FastifyRequest } from 'fastify';
import { anyone, anyoneUncounted } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { notFound } from '../../platform/errors.ts';
import { escapeHtml } from '../../platform/html/html.ts';
import { acceptedEncoding } from '../../platform/http/accepted-encoding.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { pathOf } from '../../platform/http/path-of.ts';
import { pageHeaders } from '../../platform/http/security-headers.ts';
import {
  type StaticContent,
  sendStatic,
  staticContent,
} from '../../platform/http/static-content.ts';
import { type BuiltPages, readBuiltPages } from '../../platform/pages/built-pages.ts';
import { brandingLogo, brandingStyles } from './branding.ts';
import { createFirstRunCheck } from './first-run.ts';
import { developmentPaths, pagePaths } from './page-paths.ts';
import { asDataBlock, pageSettings } from './page-settings.ts';

type Deps = Pick<RouteDependencies, 'config' | 'db'>;

const hidden = { ...anyoneUncounted, schema: { hide: true } };
const revalidated = { ...pageHeaders(), 'cache-control': 'no-cache' };
// The name of a file changes with its content.
const kept = {
  'cache-control': 'public, max-age=31536000, immutable',
  vary: 'Origin, Accept-Encoding',
  // A page that demands it of all that it embeds starts no worker without it.
  'cross-origin-embedder-policy': 'require-corp',
};

/** The account centre and the admin console; a 404 where they have not been built. */
export function addPages(app: HttpServer, deps: Deps, pages = readBuiltPages()): void {
  addFiles(app, pages);
  addBranding(app, deps);
  const isFirstRun = createFirstRunCheck(deps.db);
  const page = staticContent(writePage(pages?.html ?? '', deps), 'text/html; charset=utf-8');

  const isDevelopment = deps.config.environment === 'development';
  for (const path of isDevelopment ? [...pagePaths, ...developmentPaths] : pagePaths) {
    app.get(path, hidden, async (request, reply) => {
      if (pages === null) throw nothingAt(request);
      const elsewhere = await redirection(path, isFirstRun);
      reply.headers(revalidated);
      return elsewhere === null ? sendStatic(request, reply, page) : reply.redirect(elsewhere, 302);
    });
  }
  app.get('/app/*', { ...anyone, schema: { hide: true } }, async (request, reply) => {
    if (pages === null || !request.headers.accept?.includes('text/html')) throw nothingAt(request);
    // The page itself says that there is none.
    return reply.code(404).headers(revalidated).type(page.type).send(page.content);
  });
}

function nothingAt({ url }: FastifyRequest) {
  return notFound(`The requested resource '${pathOf(url)}' was not found`);
}

/** While there is no admin, the console is the page that makes the first one. */
async function redirection(
  path: string,
  isFirstRun: () => Promise<boolean>,
): Promise<string | null> {
  if (path === '/app/setup') return (await isFirstRun()) ? null : '/app/admin';
  return path.startsWith('/app/admin') && (await isFirstRun()) ? '/app/setup' : null;
}

function writePage(html: string, { config }: Deps): string {
  const styles = brandingStyles(config);
  const link = styles === null ? '' : `<link rel="stylesheet" href="/app/branding.css">`;
  return html
    .replaceAll('{{project_name}}', () => escapeHtml(config.projectName))
    .replace('{{branding}}', () => link)
    .replace('"{{settings}}"', () => asDataBlock(pageSettings(config)));
}

function addBranding(app: HttpServer, { config }: Deps): void {
  const files = { '/app/branding.css': brandingStyles(config), '/app/logo': brandingLogo(config) };
  for (const [path, file] of Object.entries(files)) if (file !== null) addFile(app, path, file);
}

function addFile(app: HttpServer, path: string, file: StaticContent): void {
  app.get(path, hidden, async (request, reply) =>
    sendStatic(request, reply.header('cache-control', 'no-cache'), file),
  );
}

function addFiles(app: HttpServer, pages: BuiltPages | null): void {
  const { directory, files }: Pick<BuiltPages, 'directory' | 'files'> = pages ?? {
    directory: '',
    files: {},
  };
  app.get<{ Params: { file: string } }>('/app/static/:file', hidden, async (request, reply) => {
    const { file } = request.params;
    const found = Object.hasOwn(files, file) ? files[file] : undefined;
    if (found === undefined) throw nothingAt(request);
    const encoding = acceptedEncoding(request.headers['accept-encoding'], found.encodings);
    if (encoding !== null) reply.header('content-encoding', encoding);
    const ending = encoding === null ? '' : `.${encoding}`;
    return reply
      .headers(kept)
      .type(found.type)
      .send(await readFile(join(directory, 'static', file + ending)));
  });
}
