import { type Literal, lex } from './lexer.ts';

/** One TypeScript file, read once for all guards. `path` is relative to the repository, with forward slashes. */
export type SourceFile = {
  path: string;
  lineCount: number;
  /** The source with comments and the contents of literals blanked: what is found here is code. */
  code: string;
  literals: readonly Literal[];
  /** Repository paths of the project's files that this one imports, type imports included. */
  imports: readonly string[];
};

export function parseSourceFile(path: string, source: string): SourceFile {
  const { code, literals } = lex(source);
  const specifiers = literals.filter((literal) => isSpecifier(before(code, literal))).map(({ text }) => text);
  return {
    path,
    lineCount: source.split('\n').length - (source.endsWith('\n') ? 1 : 0),
    code,
    literals,
    imports: specifiers.filter((text) => text.startsWith('.')).map((text) => resolveFrom(path, text)),
  };
}

/** The code that leads up to a literal, without the space in between. */
export function before(code: string, literal: Literal): string {
  return code.slice(Math.max(0, literal.start - 400), literal.start).trimEnd();
}

export function lineAt(code: string, offset: number): number {
  return code.slice(0, offset).split('\n').length;
}

function isSpecifier(lead: string): boolean {
  return /\b(?:from|import|import\s*\(|require\s*\()$/.test(lead);
}

function resolveFrom(path: string, specifier: string): string {
  return new URL(specifier, `file:///${path}`).pathname.slice(1);
}
