import type { z } from 'zod';
import type { CopiedTable } from '../../platform/database/database.ts';
import { damaged, notABackup } from './backup-fault.ts';
import {
  type BackupHeader,
  type BackupTrailer,
  headerMark,
  headerSchema,
  type TableSum,
  trailerMark,
  trailerSchema,
} from './backup-format.ts';
import { summedUp } from './write-script.ts';

export type BackupScript = {
  readonly header: BackupHeader;
  /** Each table with its rows, which must be read before the next one. */
  tables(): AsyncGenerator<{ table: CopiedTable; rows: AsyncIterable<Buffer> }>;
  /** After the last table. Throws if what was read is not what was written. */
  readonly trailer: () => BackupTrailer;
};

const copyLine = /^COPY public\."([a-z_0-9]+)" \(("[a-z_0-9]+"(?:, "[a-z_0-9]+")*)\) FROM stdin;$/;
const endOfRows = Buffer.from('\\.\n');
const longestLine = 2 ** 20;

/** Reads a backup that was decrypted and decompressed. Nothing in it is run as SQL. */
export async function readScript(chunks: AsyncIterable<Uint8Array>): Promise<BackupScript> {
  const lines = createLines(chunks);
  const first = await lines.next();
  if (!first?.startsWith(headerMark)) throw notABackup();
  const header = parsed(headerSchema, first.slice(headerMark.length));
  const sums: TableSum[] = [];
  let trailer: BackupTrailer | null = null;
  return {
    header,
    tables: async function* () {
      for (let line = await lines.next(); trailer === null; line = await lines.next()) {
        if (line === null) throw damaged();
        const [, name, columns] = copyLine.exec(line) ?? [];
        if (name !== undefined && columns !== undefined) {
          const { rows, sum } = summedUp(name, lines.rows());
          yield { table: { name, columns: columns.slice(1, -1).split('", "') }, rows };
          sums.push(sum());
        } else if (line.startsWith(trailerMark)) {
          trailer = parsed(trailerSchema, line.slice(trailerMark.length));
          break;
        }
      }
      // Reads to the end of the file, where encryption and compression prove that nothing was cut
      // off.
      while ((await lines.next()) !== null);
    },
    trailer: () => {
      if (trailer === null || JSON.stringify(trailer.tables) !== JSON.stringify(sums))
        throw damaged();
      return trailer;
    },
  };
}

function parsed<Schema extends z.ZodType>(schema: Schema, json: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(json));
  } catch (error) {
    throw damaged(error);
  }
}

/** Between two calls `rest` begins with a line. */
function createLines(chunks: AsyncIterable<Uint8Array>) {
  const source = chunks[Symbol.asyncIterator]();
  let rest: Buffer = Buffer.alloc(0);
  const readMore = async (): Promise<boolean> => {
    const next = await source.next();
    if (next.done === true) return false;
    rest = Buffer.concat([rest, next.value]);
    return true;
  };
  const take = (length: number): Buffer => {
    const taken = rest.subarray(0, length);
    rest = rest.subarray(length);
    return taken;
  };
  return {
    next: async (): Promise<string | null> => {
      for (;;) {
        const end = rest.indexOf(0x0a);
        if (end >= 0)
          return take(end + 1)
            .toString()
            .slice(0, -1);
        if (rest.length > longestLine) throw notABackup();
        if (!(await readMore())) return null;
      }
    },
    rows: async function* (): AsyncGenerator<Buffer> {
      for (;;) {
        if (rest.subarray(0, endOfRows.length).equals(endOfRows))
          return void take(endOfRows.length);
        const end = rest.indexOf('\n\\.\n');
        const length = end >= 0 ? end + 1 : rest.lastIndexOf(0x0a) + 1;
        if (length > 0) yield take(length);
        if (end < 0 && !(await readMore())) throw damaged();
      }
    },
  };
}
