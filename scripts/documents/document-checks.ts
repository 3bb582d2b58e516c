import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { MarkdownDocument } from './document.ts';

/** What the documents may name. */
export type Facts = {
  root: string;
  scripts: ReadonlySet<string>;
  /** Variables of the environment: the configuration's, and those that scripts and tests read. */
  variables: ReadonlySet<string>;
};

const folders =
  'src|web|test|bench|deploy|scripts|docs|migrations|configuration|platform|domain|access|flows|admin|operations|process|features|\\.ci|\\.github';
const pathLike = new RegExp(`^(?:\\./)?(?:${folders})/[^\\s:]*$`);
const fileLike = /^(?:\.\/)?[\w.-]+\.(?:ts|tsx|md|json|jsonc|sql|sh|txt|ya?ml|toml)$/;
const placeholder = /[<>…{}$]|NNNN/;

/** `npm run x`, `npm test` and `npm start` name scripts of package.json. */
export function findMissingScripts(
  { path, spans, codeLines }: MarkdownDocument,
  facts: Facts,
): string[] {
  const named = [...spans, ...codeLines].flatMap((code) => [
    ...[...code.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name),
    ...[...code.matchAll(/\bnpm (test|start)\b/g)].map(([, name = '']) => name),
  ]);
  return unique(named)
    .filter((name) => !facts.scripts.has(name))
    .map((name) => `${path} names the script ${name}, which package.json does not have`);
}

/** Paths between backticks, and the files that a block of commands starts. */
export function findMissingPaths(
  { path, spans, codeLines }: MarkdownDocument,
  facts: Facts,
): string[] {
  const started = codeLines.flatMap((line) =>
    [...line.matchAll(/\b(?:node|bash|sh) (?:--?\S+ )*([\w./-]+\.(?:ts|sh))\b/g)].map(
      ([, file = '']) => file,
    ),
  );
  const named = [...spans.map((span) => span.replace(/[#:].*$/, '')), ...started];
  return unique(named)
    .filter((name) => (pathLike.test(name) || fileLike.test(name)) && !placeholder.test(name))
    .filter((name) => !isThere(name, path, facts.root))
    .map((name) => `${path} names ${name}, which does not exist`);
}

/** After the name of a test's file: the cases (`A01` to `M09`) that it is said to show. */
export function findMissingCases({ path, caseLists }: MarkdownDocument, facts: Facts): string[] {
  return caseLists.flatMap(({ file, cases }) => {
    const place = join(facts.root, file);
    const text = existsSync(place) ? readFileSync(place, 'utf8') : '';
    return cases
      .filter((name) => !new RegExp(`\\b${name}\\b`).test(text))
      .map((name) => `${path} says that ${file} shows ${name}, which it does not name`);
  });
}

/** From the repository's root, from src or from the document; a bare file name stands anywhere. */
function isThere(name: string, document: string, root: string): boolean {
  const bare = name.includes('/')
    ? []
    : [`{src,test,scripts,docs,bench,deploy,migrations,web}/**/${name}`];
  const patterns = [name, join('src', name), join(dirname(document), name), ...bare];
  return patterns.some(
    (pattern) => existsSync(join(root, pattern)) || globSync(pattern, { cwd: root }).length > 0,
  );
}

const readByNode = new Set(['NODE_EXTRA_CA_CERTS']);

/** Each provider of sign-in has its own: src/configuration/read-providers.ts. */
const ofProvider =
  /^OIDC_[A-Z\d_]+_(ISSUER|CLIENT_ID|CLIENT_SECRET(_FILE)?|NAME|SCOPES|TRUST_EMAIL)$/;

/** A word in capitals with an underscore, in code, is a variable of the environment. */
export function findMissingVariables(
  { path, spans, codeLines }: MarkdownDocument,
  facts: Facts,
): string[] {
  const named = [
    ...spans.flatMap(
      (span) => span.match(/(?<![\w$<.-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![\w>(-])/g) ?? [],
    ),
    ...codeLines.flatMap((line) => line.match(/(?<![\w$<.-])[A-Z][A-Z0-9_]+(?==)/g) ?? []),
  ];
  return unique(named)
    .filter((name) => !facts.variables.has(name) && !readByNode.has(name) && !ofProvider.test(name))
    .map((name) => `${path} names the variable ${name}, which nothing reads`);
}

/** Relative links lead to a file, and their fragment to one of its headings. */
export function findBrokenLinks({ path, prose }: MarkdownDocument, facts: Facts): string[] {
  const targets = [...prose.matchAll(/\]\(\s*<?([^)\s>]+)[^)]*\)|^\s*\[[^\]]+\]:\s*(\S+)/gm)];
  return unique(targets.map(([, inline, reference]) => inline ?? reference ?? ''))
    .filter(
      (target) => !/^[a-z][a-z+.-]*:/i.test(target) && !leadsSomewhere(target, path, facts.root),
    )
    .map((target) => `${path} links to ${target}, which leads nowhere`);
}

function leadsSomewhere(target: string, document: string, root: string): boolean {
  const [file = '', fragment] = decodeURIComponent(target).split('#');
  const place =
    file === ''
      ? join(root, document)
      : join(root, file.startsWith('/') ? '' : dirname(document), file);
  if (!existsSync(place)) return false;
  if (fragment === undefined || !basename(place).endsWith('.md')) return true;
  const headings = readFileSync(place, 'utf8').matchAll(/^#{1,6} +(.+?) *$/gm);
  return [...headings].some(([, heading = '']) => slug(heading) === fragment);
}

/** The way that GitHub makes a fragment of a heading. */
function slug(heading: string): string {
  return heading
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
