import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');

/** The program of a document whose first line is a comment with its name: `// verify.ts`. */
export function programOf(document: string, name: string): string {
  const text = readFileSync(join(root, 'docs', document), 'utf8');
  const blocks = [...text.matchAll(/^```\w+\n((?:\/\/|#) (\S+)\n[\s\S]*?)^```$/gm)];
  const found = blocks.find(([, , title]) => title === name);
  if (found?.[1] === undefined) throw new Error(`${document} has no program ${name}`);
  return found[1];
}
