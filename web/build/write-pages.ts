/**
 * Bundles the pages into `web/dist`, which the service serves under `/app`.
 *
 *     node web/build/write-pages.ts
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';

const web = join(import.meta.dirname, '..');
const unfinished = join(web, 'dist.unfinished');
const files = join(unfinished, 'static');
const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
/** Smaller ones gain nothing. */
const smallestCompressed = 500;

async function bundle(
  entryPoints: Record<string, string>,
  { splitting }: { splitting: boolean },
): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: web,
    entryPoints,
    outdir: files,
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    assetNames: '[name]-[hash]',
    bundle: true,
    splitting,
    format: 'esm',
    minify: true,
    target: 'es2023',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    // The image has no tsconfig.json.
    tsconfigRaw: {},
    loader: { '.woff2': 'file', '.svg': 'copy' },
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/** Beside each file what a browser that takes compressed files gets. */
function describe(name: string) {
  const content = readFileSync(join(files, name));
  const type = types[extname(name)] ?? 'application/octet-stream';
  if (extname(name) === '.woff2' || content.length < smallestCompressed)
    return { type, encodings: [] };
  writeFileSync(join(files, `${name}.br`), brotliCompressSync(content));
  writeFileSync(join(files, `${name}.gzip`), gzipSync(content, { level: 9 }));
  return { type, encodings: ['br', 'gzip'] };
}

/** What the first file imports, so that the browser does not have to read it to find out. */
function preloads({ outputs }: Metafile): string {
  const [, entry] = Object.entries(outputs).find(([path]) => /\/pages-[^/]*\.js$/.test(path)) ?? [];
  const imported = (entry?.imports ?? []).filter(({ kind }) => kind === 'import-statement');
  return imported
    .map(({ path }) => `<link rel="modulepreload" href="/app/static/${basename(path)}">`)
    .join('\n    ');
}

function writeHtml(names: readonly string[]): string {
  const addressOf = (pattern: RegExp) =>
    `/app/static/${names.find((name) => pattern.test(name)) ?? ''}`;
  return readFileSync(join(web, 'page.html'), 'utf8')
    .replace('{{script}}', addressOf(/^pages-.*\.js$/))
    .replace('{{puzzle_worker}}', addressOf(/^puzzle-worker-.*\.js$/))
    .replace('{{preloads}}', preloads(metafile))
    .replace('{{theme}}', addressOf(/^theme-.*\.js$/))
    .replace('{{styles}}', addressOf(/^pages-.*\.css$/))
    .replace('{{icon}}', addressOf(/^icon-.*\.svg$/))
    .replace('{{font}}', addressOf(/^inter-latin-wght.*\.woff2$/));
}

rmSync(unfinished, { recursive: true, force: true });
mkdirSync(files, { recursive: true });
const pages = {
  pages: 'src/main.tsx',
  theme: 'src/design/chosen-theme.ts',
  icon: 'src/design/icon.svg',
  strength: 'src/password-change/describe-strength.ts',
};
const metafile = await bundle(pages, { splitting: true });
// Of one file: the policy of a file lets it load nothing.
const worker = { 'puzzle-worker': 'src/puzzles/puzzle-worker.ts' };
Object.assign(metafile.outputs, (await bundle(worker, { splitting: false })).outputs);
const names = Object.keys(metafile.outputs).map((path) => basename(path));
const manifest = {
  html: writeHtml(names),
  // The service's own page that sets a password loads it, too.
  strength: `/app/static/${names.find((name) => /^strength-.*\.js$/.test(name))}`,
  files: Object.fromEntries(names.map((name) => [name, describe(name)])),
};
writeFileSync(join(unfinished, 'pages.json'), JSON.stringify(manifest));
writeFileSync(join(unfinished, 'metafile.json'), JSON.stringify(metafile));
rmSync(join(web, 'dist'), { recursive: true, force: true });
renameSync(unfinished, join(web, 'dist'));
