import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { importAccounts } from '../../admin/account-import/import-accounts.ts';
import type { ImportCounts } from '../../admin/account-import/import-options.ts';
import { importedRow } from '../../admin/account-import/imported-row.ts';
import {
  findUnfinishedImport,
  finishImports,
  startImport,
  type UnfinishedImport,
} from '../../domain/imports/import-store.ts';
import { adminRealm, userRealm } from '../../domain/realms/realms.ts';
import { invalid } from '../../platform/errors.ts';
import type { FirebaseProject } from '../../platform/hashing/foreign-hashes.ts';
import { readCsv } from '../../platform/records/read-csv.ts';
import { readNdjson } from '../../platform/records/read-ndjson.ts';
import { type CommandDependencies, defineCommand, type Exchange } from '../command/command.ts';

const base64 = z.base64().transform((text) => Buffer.from(text, 'base64'));

/** As Firebase shows them under "Password hash parameters". */
const firebaseProject = z
  .object({
    base64_signer_key: base64,
    base64_salt_separator: base64,
    rounds: z.int().min(1).max(64),
    mem_cost: z.int().min(1).max(20),
  })
  .transform(
    (project): FirebaseProject => ({
      signerKey: project.base64_signer_key,
      saltSeparator: project.base64_salt_separator,
      rounds: project.rounds,
      memoryCost: project.mem_cost,
    }),
  );

const parameters = z.strictObject({
  file: z.string(),
  format: z.enum(['csv', 'ndjson']).optional(),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Set by `import fastapi`. */
  realm: z.enum(['user', 'admin']).default('user'),
  onError: z.enum(['stop', 'continue']).default('continue'),
  skipExisting: z.boolean().default(false),
  resume: z.boolean().default(false),
  dryRun: z.boolean().default(false),
  firebase: firebaseProject.optional(),
});

type Parameters = z.output<typeof parameters>;

export const userImport = defineCommand({
  name: 'user import',
  summary: 'Import users from CSV or NDJSON, with the password hashes of another system',
  operands: [['<file>', 'a file that ends in .csv or .ndjson, or - for standard input']],
  options: [
    ['--format <format>', 'csv or ndjson, where the name does not say it'],
    ['--on-error <action>', 'continue (the default) or stop at the first row that is not taken'],
    ['--errors <file>', 'write the rows that are not taken there, as NDJSON'],
    ['--skip-existing', 'pass over users who exist, by any of their names'],
    ['--resume', 'go on where an import of the same file was stopped or killed'],
    ['--dry-run', 'check every row and write nothing'],
    [
      '--firebase <file>',
      "JSON with the project's base64_signer_key, base64_salt_separator, rounds and mem_cost",
    ],
  ],
  readsFile: true,
  readsJson: 'firebase',
  parameters,
  run: importFile,
  isFaulty: ({ complete, refused }) => complete === false || Number(refused) > 0,
});

async function importFile(
  deps: CommandDependencies,
  given: Parameters,
  exchange: Exchange,
): Promise<object> {
  const realm = given.realm === 'user' ? userRealm : adminRealm;
  const format = formatOf(given);
  const digest = digestOf(given);
  const progress = given.dryRun ? null : await beginImport(deps, digest, given);
  const startLine = progress?.linesRead ?? 0;
  const counts: ImportCounts = { created: 0, skipped: 0, refused: 0 };
  const row = importedRow(deps.config, realm, given.firebase ?? null);
  const input = counted(exchange);
  const records = format === 'csv' ? readCsv(input, Object.keys(row.in.shape)) : readNdjson(input);
  const options = {
    realm,
    row,
    stopsAtFault: given.onError === 'stop',
    skipsExisting: given.skipExisting,
    progress,
    onFault: (fault: { line: number; field: string; message: string }) => exchange.send({ fault }),
    signal: exchange.signal,
  };
  const complete = await importAccounts(deps, records, options, counts);
  if (complete && progress !== null) await finishImports(deps.db, digest);
  const resumed = startLine > 0 ? { resumed_after_line: startLine } : {};
  return { ...counts, complete, ...resumed, ...(given.dryRun ? { dry_run: true } : {}) };
}

function formatOf({ format, file }: Parameters): 'csv' | 'ndjson' {
  if (format !== undefined) return format;
  if (/\.csv$/i.test(file)) return 'csv';
  if (/\.(ndjson|jsonl)$/i.test(file)) return 'ndjson';
  throw invalid({ field: '--format', message: 'is required: csv or ndjson', type: 'missing' });
}

/** Of an input without a digest nothing can be taken up: each is an import of its own. */
function digestOf({ digest, realm, resume }: Parameters): Buffer {
  if (digest === undefined && resume) {
    throw invalid({
      field: '--resume',
      message: 'needs a file: standard input is not the same again',
      type: 'custom',
    });
  }
  if (digest === undefined) return randomBytes(32);
  return createHash('sha256').update(`${realm}\0${digest}`).digest();
}

/** A file that was left in the middle is taken up or started over, but not by mistake. */
async function beginImport(
  { db }: CommandDependencies,
  digest: Buffer,
  { resume, skipExisting }: Parameters,
): Promise<UnfinishedImport> {
  const unfinished = await findUnfinishedImport(db, digest);
  if (resume && unfinished !== null) return unfinished;
  if (resume)
    throw invalid({
      field: '--resume',
      message: 'finds no unfinished import of this file',
      type: 'custom',
    });
  if (unfinished !== null && !skipExisting) {
    const message = `is needed, or --skip-existing: an import of this file stopped after line ${unfinished.linesRead}`;
    throw invalid({ field: '--resume', message, type: 'custom' });
  }
  return startImport(db, digest);
}

/** The input, with a word on how much of it was read. */
async function* counted({ input, send }: Exchange): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of input) {
    yield chunk;
    bytes += chunk.length;
    await send({ progress: bytes });
  }
}
