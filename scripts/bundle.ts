/**
 * Bundles the service into few files, which start in a third of the time: most of a start is
 * finding and loading a thousand modules.
 *
 *     node scripts/bundle.ts
 */
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const target = join(root, 'node_modules/.cache/adl-bundle');

/** Not loaded in most starts, or not of JavaScript alone. */
const external = [
  '@electric-sql/*',
  '@node-rs/bcrypt',
  '@opentelemetry/*',
  'age-encryption',
  'commander',
  'csv-parse',
  'csv-stringify/sync',
  'ioredis',
  'nodemailer',
  'pg-native',
  'pino-pretty',
  's3mini',
];

/** These find their files beside themselves, and the bundle is elsewhere. */
const ownPlaces: Plugin = {
  name: 'own-places',
  setup: (bundler) => {
    bundler.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => ({
      contents: placed(path, {
        'import.meta.dirname': `joinPath(bundledRoot, ${text(dirname(path))})`,
        'import.meta.url': `pathToUrl(joinPath(bundledRoot, ${text(path)})).href`,
        'import.meta.main': 'false',
      }),
      loader: 'ts',
    }));
    bundler.onLoad(
      { filter: /\/node_modules\/(@fastify\/swagger-ui|piscina)\/.*\.js$/ },
      (file) => ({
        contents: placed(file.path, {
          __dirname: `joinPath(bundledRoot, ${text(dirname(file.path))})`,
        }),
      }),
    );
  },
};

/**
 * What ES modules import of `node:http` has getters, which are all read: that alone would load the
 * whole of `fetch`. A `require` reads what is used.
 */
const builtinsByRequire: Plugin = {
  name: 'builtins-by-require',
  setup: (bundler) => {
    bundler.onResolve({ filter: /^node:/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: 'builtin' } : { path, external: true },
    );
    bundler.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)})`,
    }));
  },
};

function placed(path: string, replacements: Record<string, string>): string {
  let contents = readFileSync(path, 'utf8');
  for (const [name, place] of Object.entries(replacements))
    contents = contents.replaceAll(name, place);
  return contents;
}

function text(path: string): string {
  return JSON.stringify(relative(root, path));
}

const banner = `
import { createRequire } from 'node:module';
import { dirname as directoryOf, join as joinPath } from 'node:path';
import { fileURLToPath as urlToPath, pathToFileURL as pathToUrl } from 'node:url';
const require = createRequire(import.meta.url);
const __filename = urlToPath(import.meta.url);
const __dirname = directoryOf(__filename);
const bundledRoot = joinPath(__dirname, '../../..');
`;

const unfinished = `${target}.unfinished`;
rmSync(unfinished, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/main.ts' },
  outdir: unfinished,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node26',
  external,
  plugins: [ownPlaces, builtinsByRequire],
  banner: { js: banner },
  logLevel: 'warning',
});
rmSync(target, { recursive: true, force: true });
renameSync(unfinished, target);
