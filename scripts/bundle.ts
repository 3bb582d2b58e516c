/**
 * Bundles the service and the command line into few files, which start in a third of the time: most
 * of a start is finding and loading a thousand modules.
 *
 *     node scripts/bundle.ts DIRECTORY
 *
 * makes DIRECTORY/service/main.mjs and DIRECTORY/command/adl.mjs, all or nothing.
 */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = join(import.meta.dirname, '..');
const target = resolve(process.argv[2] ?? join(root, 'bundle'));

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
const bundledRoot = joinPath(__dirname, ${JSON.stringify(relative(join(target, 'service'), root))});
`;

const unfinished = `${target}.unfinished-${process.pid}`;
process.on('exit', () => rmSync(unfinished, { recursive: true, force: true }));
await Promise.all([
  bundle('service', { main: 'src/main.ts' }),
  bundle('command', { adl: 'src/adl.ts' }),
]);
// Another process may have made it meanwhile.
if (!existsSync(target)) renameSync(unfinished, target);

async function bundle(part: string, entryPoints: Record<string, string>): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints,
    outdir: join(unfinished, part),
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
}
