import { createWriteStream } from 'node:fs';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { CommandEvent, RowFault } from '../command/command.ts';
import { presentRows, write } from './present.ts';
import { openProgress, type Progress } from './progress.ts';

/** Shows what a command tells while it runs. */
export type Listener = {
  readonly hear: (event: CommandEvent) => Promise<void>;
  /** Shows what is still held back. */
  close(): Promise<void>;
};

type Options = {
  json: boolean;
  /** Where faults of rows go, instead of standard error. */
  errorsFile?: string | undefined;
  /** Of the input, where that is known. */
  totalBytes?: number | undefined;
  /** Takes the items instead of standard output. */
  onItem?: ((item: object) => Promise<void>) | undefined;
  onText?: ((text: string) => Promise<void>) | undefined;
};

/** People read columns, which are aligned so many rows at a time. */
const rowsTogether = 200;

export function createListener({
  json,
  errorsFile,
  totalBytes,
  onItem,
  onText,
}: Options): Listener {
  const faults = errorsFile === undefined ? null : createWriteStream(errorsFile, { mode: 0o600 });
  const progress: Progress = openProgress(totalBytes);
  const rows: object[] = [];
  const showRows = async () => {
    if (rows.length > 0) await write(process.stdout, presentRows(rows.splice(0)));
  };
  const showItem = async (item: object) => {
    if (onItem !== undefined) return onItem(item);
    if (json) return write(process.stdout, `${JSON.stringify(item)}\n`);
    rows.push(item);
    if (rows.length >= rowsTogether) await showRows();
  };
  const showText = onText ?? ((text: string) => write(process.stdout, text));
  return {
    hear: async (event) => {
      if ('item' in event) await showItem(event.item);
      else if ('text' in event) await showText(event.text);
      else if ('fault' in event) await writeFault(faults, event.fault, json);
      else progress.at(event.progress);
    },
    close: async () => {
      progress.close();
      await showRows();
      faults?.end();
      if (faults !== null) await finished(faults);
    },
  };
}

async function writeFault(file: Writable | null, fault: RowFault, json: boolean): Promise<void> {
  const text = `line ${fault.line}: ${fault.field} ${fault.message}`;
  await write(file ?? process.stderr, `${file !== null || json ? JSON.stringify(fault) : text}\n`);
}
