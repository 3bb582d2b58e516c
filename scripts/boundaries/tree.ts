import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'oxc-parser';

/**
 * What the guards look at: the names of all TypeScript files, the text of the service, its
 * migrations.
 */
export type Tree = {
  paths: readonly string[];
  files: readonly SourceFile[];
  migrations: ReadonlyMap<string, string>;
  checksums: string;
};

/**
 * A rule of the architecture. `why` is printed with the faults, so that nobody fixes the guard
 * instead.
 */
export type Guard = { rule: string; why: string; findFaults: (tree: Tree) => string[] };

/** A file of `src` that is no test. `path` is relative to the repository, with forward slashes. */
export type SourceFile = {
  path: string;
  /** The source with comments and the contents of literals blanked: what is found here is code. */
  code: string;
  literals: readonly Literal[];
  /** Repository paths of the project's files that this one imports, type imports included. */
  imports: readonly string[];
};

/** A string or template; of a template the text without its expressions, each shown as `?`. */
export type Literal = { start: number; text: string };

export function readTree(root: string): Tree {
  const read = (path: string) => readFileSync(join(root, path), 'utf8');
  const paths = globSync('{src,test,scripts,bench,client/src,web/src,web/build}/**/*.{ts,tsx}', {
    cwd: root,
  }).toSorted();
  const migrations = globSync('migrations/*.sql', { cwd: root }).toSorted();
  return {
    paths,
    files: paths
      .filter((path) => path.startsWith('src/') && !path.endsWith('.test.ts'))
      .map((path) => parseSourceFile(path, read(path))),
    migrations: new Map(migrations.map((path) => [path.slice('migrations/'.length), read(path)])),
    checksums: globSync('migrations/checksums.txt', { cwd: root }).map(read).join(''),
  };
}

function parseSourceFile(path: string, source: string): SourceFile {
  const { program, comments, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const literals: Literal[] = [];
  const hidden: { start: number; end: number }[] = [...comments];
  new Visitor({
    Literal: (node) => {
      if (typeof node.value !== 'string') return;
      literals.push({ start: node.start, text: node.value });
      hidden.push(node);
    },
    TemplateLiteral: ({ start, quasis }) => {
      literals.push({ start, text: quasis.map(({ value }) => value.raw).join('?') });
      hidden.push(...quasis);
    },
  }).visit(program);
  const code = hidden.reduce(blank, source);
  const specifiers = literals.filter((literal) =>
    /\b(?:from|import|import\s*\()$/.test(before(code, literal)),
  );
  const imports = specifiers
    .filter(({ text }) => text.startsWith('.'))
    .map(({ text }) => resolveFrom(path, text));
  return { path, code, literals, imports };
}

function blank(source: string, { start, end }: { start: number; end: number }): string {
  return (
    source.slice(0, start) + source.slice(start, end).replaceAll(/[^\n]/g, ' ') + source.slice(end)
  );
}

/** The code that leads up to a literal, without the space in between. */
export function before(code: string, literal: Literal): string {
  return code.slice(Math.max(0, literal.start - 400), literal.start).trimEnd();
}

export function lineAt(code: string, offset: number): number {
  return code.slice(0, offset).split('\n').length;
}

function resolveFrom(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}
