import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { anyoneUncounted } from '../../../access/guards.ts';
import type { HttpServer } from '../../../platform/http/http-server.ts';
import { pageHeaders } from '../../../platform/http/security-headers.ts';
import {
  type StaticContent,
  sendStatic,
  staticContent,
} from '../../../platform/http/static-content.ts';
import { referencePage } from './reference-page.ts';
import type { ApiDocument } from './shapes.ts';

const assets = {
  'reference.css': 'text/css; charset=utf-8',
  'reference.js': 'text/javascript; charset=utf-8',
  'copy-code.js': 'text/javascript; charset=utf-8',
  'try-it-out.js': 'text/javascript; charset=utf-8',
};
const headers = { ...pageHeaders(), 'cache-control': 'no-cache' };
const hidden = { ...anyoneUncounted, schema: { hide: true } };

/** Serves the reference at `/docs` and, for old links, `/redoc`: one page, rendered once. */
export function addReference(app: HttpServer): void {
  let page: StaticContent | undefined;
  for (const path of ['/docs', '/redoc']) {
    app.get(path, hidden, async (request, reply) => {
      page ??= staticContent(
        referencePage(app.swagger() as unknown as ApiDocument),
        'text/html; charset=utf-8',
      );
      return sendStatic(request, reply.headers(headers), page);
    });
  }
  for (const [name, type] of Object.entries(assets)) {
    const file = staticContent(readFileSync(join(import.meta.dirname, name), 'utf8'), type);
    app.get(`/docs/static/${name}`, hidden, async (request, reply) =>
      sendStatic(request, reply.headers(headers), file),
    );
  }
}
