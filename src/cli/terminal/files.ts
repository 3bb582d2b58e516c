import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';

/** A file that a command reads, or standard input for `-`. */
export type OpenFile = {
  input: AsyncIterable<Buffer>;
  /** Not known of standard input. */
  bytes: number | undefined;
  /** What a command is told of it: its digest, by which an import of the same file is taken up. */
  parameters: { file: string; digest?: string };
};

export async function openFile(path: string): Promise<OpenFile> {
  if (path === '-') {
    return {
      input: process.stdin as AsyncIterable<Buffer>,
      bytes: undefined,
      parameters: { file: path },
    };
  }
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  const bytes = statSync(path).size;
  return {
    input: createReadStream(path),
    bytes,
    parameters: { file: path, digest: hash.digest('hex') },
  };
}

/** The content of a small file; what is no JSON is left for the command to refuse. */
export function readJsonFile(path: string): unknown {
  const text = readFileSync(path, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
