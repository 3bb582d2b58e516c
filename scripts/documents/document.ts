/** A Markdown file, taken apart once for all checks. `path` is relative to the repository. */
export type MarkdownDocument = {
  path: string;
  /** The text without its code: what a reader reads. */
  prose: string;
  /** What stands between single backticks. */
  spans: readonly string[];
  /** The lines of the fenced blocks. */
  codeLines: readonly string[];
  /** Files of tests, with the numbers of the cases that follow each. */
  caseLists: readonly { file: string; cases: readonly string[] }[];
};

const fence = /^ *(`{3,}|~{3,})[^\n]*\n([\s\S]*?)^ *\1 *$/gm;

export function parseDocument(path: string, source: string): MarkdownDocument {
  const codeLines = [...source.matchAll(fence)].flatMap(([, , block = '']) => block.split('\n'));
  const unfenced = source.replaceAll(fence, '');
  const spans = [...unfenced.matchAll(/`([^`\n]+)`/g)].map(([, span = '']) => span);
  const caseLists = [...unfenced.matchAll(/`([\w./-]+\.test\.ts)`((?: [A-Q]\d\d\b)+)/g)].map(
    ([, file = '', cases = '']) => ({ file, cases: cases.trim().split(' ') }),
  );
  return { path, caseLists, prose: unfenced.replaceAll(/`[^`\n]+`/g, ''), spans, codeLines };
}
