import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { html } from '../../platform/html/html.ts';
import { type StaticContent, staticContent } from '../../platform/http/static-content.ts';

/** The page; `title` is plain text. */
export function redocPage(title: string): string {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${title}</title>
    <link rel="icon" href="data:,">
    <style>body { margin: 0 }</style>
  </head>
  <body>
    <redoc spec-url="/openapi.json" disable-search="true" hide-hostname="true"></redoc>
    <script src="/redoc/redoc.standalone.js"></script>
  </body>
</html>
`.toString();
}

const foreignLogo = 'https://cdn.redoc.ly/redoc/logo-mini.svg';

/** ReDoc in one script. It shows a logo from a foreign server, and none where that is empty. */
export function loadRedocScript(): StaticContent {
  const bundle = createRequire(import.meta.url).resolve('redoc/bundles/redoc.standalone.js');
  const script = readFileSync(bundle, 'utf8').replaceAll(foreignLogo, 'data:,');
  return staticContent(Buffer.from(script), 'text/javascript; charset=utf-8');
}
