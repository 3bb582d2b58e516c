/**
 * What the documents name exists, and what is generated from the source is up to date.
 *
 *     node scripts/check-docs.ts            fails where that is not so
 *     node scripts/check-docs.ts --write    writes .env.example, docs/routes.txt and the client's types
 */
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clientTypes, type DescribedApi } from './client-types/client-types.ts';
import { parseDocument } from './documents/document.ts';
import {
  type Facts,
  findBrokenLinks,
  findMissingCases,
  findMissingPaths,
  findMissingScripts,
  findMissingVariables,
} from './documents/document-checks.ts';
import { type ConfigVariable, envExample } from './documents/env-example.ts';

const expectedDocuments = [
  'README.md',
  'ARCHITECTURE.md',
  'STYLE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
];

/** All faults of a repository's documents; `generated` is what its generated files have to hold. */
export function checkDocuments(
  root: string,
  variables: readonly string[],
  generated: Record<string, string>,
): string[] {
  const facts = gatherFacts(root, variables);
  return [
    ...expectedDocuments
      .filter((path) => !existsSync(join(root, path)))
      .map((path) => `${path} is missing`),
    ...readDocuments(root).flatMap((document) => [
      ...findBrokenLinks(document, facts),
      // The past may name what is gone.
      ...(isHistory(document.path)
        ? []
        : [findMissingScripts, findMissingPaths, findMissingVariables, findMissingCases].flatMap(
            (find) => find(document, facts),
          )),
    ]),
    ...Object.entries(generated)
      .filter(([path, content]) => read(root, path) !== content)
      .map(([path]) => `${path} is not what the source says: node scripts/check-docs.ts --write`),
  ];
}

function readDocuments(root: string) {
  const paths = globSync(['*.md', '{docs,deploy,test,bench,migrations}/**/*.md'], {
    cwd: root,
  }).toSorted();
  return paths.map((path) => parseDocument(path, read(root, path)));
}

function isHistory(path: string): boolean {
  return path === 'CHANGELOG.md' || path.startsWith('docs/decisions/');
}

function gatherFacts(root: string, variables: readonly string[]): Facts {
  const { scripts } = JSON.parse(read(root, 'package.json')) as { scripts: Record<string, string> };
  const readByScripts = globSync('{scripts,test,bench}/**/*.ts', { cwd: root })
    .flatMap((path) => [...read(root, path).matchAll(/process\.env\.([A-Z][A-Z0-9_]*)/g)])
    .map(([, name = '']) => name);
  const readByDeployment = globSync(['deploy/**/*.sh', 'compose.yaml'], { cwd: root })
    .flatMap((path) => [...read(root, path).matchAll(/\$\{([A-Z][A-Z0-9_]*)\b/g)])
    .map(([, name = '']) => name);
  return {
    root,
    scripts: new Set(Object.keys(scripts)),
    variables: new Set([...variables, ...readByScripts, ...readByDeployment]),
  };
}

function read(root: string, path: string): string {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
}

/** From the source itself, so that nobody writes a second list of variables or routes. */
async function readSource() {
  try {
    const { configVariables } = await import('../src/configuration/config.ts');
    const { secretNames } = await import('../src/configuration/config-schema.ts');
    const { describeOpenApi, listRoutes } = await import('../src/process/route-list.ts');
    const api = (await describeOpenApi('http://localhost:8000')) as DescribedApi;
    return { configVariables, secretNames, routes: await listRoutes(), types: clientTypes(api) };
  } catch (cause) {
    throw new Error(
      'The documents cannot be checked: src/configuration/config.ts or src/process/route-list.ts does not say what there is.',
      { cause },
    );
  }
}

function variableNames(variables: readonly ConfigVariable[], secrets: readonly string[]): string[] {
  return [...variables.map(({ name }) => name), ...secrets.map((name) => `${name}_FILE`)];
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  const { configVariables, secretNames, routes, types } = await readSource();
  const generated = {
    '.env.example': envExample(configVariables),
    'docs/routes.txt': routes,
    'client/src/api.ts': types,
  };
  if (process.argv.includes('--write')) {
    for (const [path, content] of Object.entries(generated))
      writeFileSync(join(root, path), content);
  }
  const faults = checkDocuments(root, variableNames(configVariables, secretNames), generated);
  if (faults.length > 0) {
    console.error(faults.join('\n'));
    process.exitCode = 1;
  }
}
