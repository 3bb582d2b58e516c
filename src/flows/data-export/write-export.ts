import type { Assembly } from '../../access/route-dependencies.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import type { Subject } from '../../domain/personal-data/personal-data.ts';
import { exportedRows } from './export-schema.ts';

type Deps = Dependencies & Assembly;

const pieceLength = 16_384;

/** The export as JSON text in pieces. */
export async function* writeExport(deps: Deps, subject: Subject): AsyncIterable<string> {
  let piece = '';
  for await (const text of writeMembers(deps, subject)) {
    piece += text;
    if (piece.length < pieceLength) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

async function* writeMembers(deps: Deps, subject: Subject): AsyncIterable<string> {
  yield `{"exported_at":${JSON.stringify(new Date())}`;
  for (const { name, isOne, schema, read } of exportedRows(deps)) {
    yield `,${JSON.stringify(name)}:`;
    const row = schema(deps);
    const items = read(deps, deps.db, subject);
    yield* isOne ? writeOne(items, row) : writeList(items, row);
  }
  yield '}';
}

type Row = { parse: (item: object) => unknown };

/** Null if the account has been erased since the request began. */
async function* writeOne(items: AsyncIterable<object>, row: Row): AsyncIterable<string> {
  let text = 'null';
  for await (const item of items) text = JSON.stringify(row.parse(item));
  yield text;
}

async function* writeList(items: AsyncIterable<object>, row: Row): AsyncIterable<string> {
  let before = '[';
  for await (const item of items) {
    yield before + JSON.stringify(row.parse(item));
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}
