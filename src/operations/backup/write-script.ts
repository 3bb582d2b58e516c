import { createHash } from 'node:crypto';
import { copyTarget, quoted } from '../../platform/database/bulk-copy.ts';
import type { BulkConnection, CopiedTable } from '../../platform/database/database.ts';
import {
  type BackupHeader,
  type BackupTrailer,
  headerMark,
  type TableSum,
  trailerMark,
} from './backup-format.ts';

/** The script of a backup, from a connection whose transaction sees one moment. */
export async function* writeScript(
  connection: BulkConnection,
  tables: readonly CopiedTable[],
  header: BackupHeader,
  ending: Omit<BackupTrailer, 'tables'>,
): AsyncGenerator<Buffer> {
  yield text(`${headerMark}${JSON.stringify(header)}\nBEGIN;\n`);
  const sums: TableSum[] = [];
  for (const table of tables) {
    yield text(`ALTER TABLE public.${quoted(table.name)} DISABLE TRIGGER USER;\n`);
    yield text(`COPY ${copyTarget(table)} FROM stdin;\n`);
    const summing = summedUp(table.name, connection.copyOut(table));
    yield* summing.rows;
    sums.push(summing.sum());
    yield text(`\\.\nALTER TABLE public.${quoted(table.name)} ENABLE TRIGGER USER;\n`);
  }
  yield text(`COMMIT;\n${trailerMark}${JSON.stringify({ tables: sums, ...ending })}\n`);
}

/** The same rows, and their sum once all have passed. */
export function summedUp(name: string, chunks: AsyncIterable<Buffer>) {
  const hash = createHash('sha256');
  let [rows, bytes] = [0, 0];
  async function* pass(): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) rows += 1;
      yield chunk;
    }
  }
  return { rows: pass(), sum: (): TableSum => ({ name, rows, bytes, sha256: hash.digest('hex') }) };
}

function text(line: string): Buffer {
  return Buffer.from(line);
}
