import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSourceFile, type SourceFile } from './source-file.ts';

/** What the guards look at: the TypeScript of a repository and its migrations, as text. */
export type Tree = {
  files: readonly SourceFile[];
  migrations: ReadonlyMap<string, string>;
  checksums: string;
};

/** A rule of the architecture. `why` is printed with the faults, so that nobody fixes the guard instead. */
export type Guard = { rule: string; why: string; findFaults: (tree: Tree) => string[] };

export function readTree(root: string): Tree {
  const paths = globSync('{src,test,scripts,bench}/**/*.{ts,tsx}', { cwd: root }).toSorted();
  const migrations = globSync('migrations/*.sql', { cwd: root }).toSorted();
  return {
    files: paths.map((path) => parseSourceFile(path, readFileSync(join(root, path), 'utf8'))),
    migrations: new Map(migrations.map((path) => [path.slice(11), readFileSync(join(root, path), 'utf8')])),
    checksums: globSync('migrations/checksums.txt', { cwd: root })
      .map((path) => readFileSync(join(root, path), 'utf8'))
      .join(''),
  };
}

export function productionFiles(tree: Tree): SourceFile[] {
  return tree.files.filter(({ path }) => path.startsWith('src/') && !path.endsWith('.test.ts'));
}
