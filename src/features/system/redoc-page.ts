import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The page; `title` is plain text. */
export function redocPage(title: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title>
    <link rel="icon" href="data:,">
    <style>body { margin: 0 }</style>
  </head>
  <body>
    <redoc spec-url="/openapi.json" disable-search="true" hide-hostname="true"></redoc>
    <script src="/redoc/redoc.standalone.js"></script>
  </body>
</html>
`;
}

const foreignLogo = 'https://cdn.redoc.ly/redoc/logo-mini.svg';

/** ReDoc in one script. It shows a logo from a foreign server, and none where that is empty. */
export function loadRedocScript(): { content: Buffer; etag: string } {
  const bundle = createRequire(import.meta.url).resolve('redoc/bundles/redoc.standalone.js');
  const content = Buffer.from(readFileSync(bundle, 'utf8').replaceAll(foreignLogo, 'data:,'));
  return { content, etag: `"${createHash('sha256').update(content).digest('base64url')}"` };
}
