import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Answer, RequestOptions } from './http-request.ts';
import type { ServerProcess } from './server-process.ts';

type Server = Pick<ServerProcess, 'request'>;

/**
 * What a client knows for certain. If `answer` is null, the request may have been carried out or
 * not.
 */
export type LedgerEntry = Asked & Ended;

type Asked = {
  id: string;
  method: string;
  path: string;
  body: unknown;
  token: string | null;
  headers: Record<string, string>;
};

type Ended = {
  answer: { status: number; body: unknown; headers: Record<string, unknown> } | null;
  /** Why there is no answer; also null if the client itself ended first. */
  failure: string | null;
  /** Milliseconds since 1970, by a clock that does not jump; null if the client ended first. */
  sentAt: number | null;
  endedAt: number | null;
};

export type Ledger = {
  /**
   * The server's `request`, with the question on disk before it is sent and the answer on disk
   * before it is returned. Rejects as that does, with the failure on disk. Calls may run
   * concurrently.
   */
  request: <Body = Record<string, unknown>>(
    server: Server,
    method: string,
    path: string,
    options?: RequestOptions,
  ) => Promise<Answer<Body>>;
  close: () => Promise<void>;
};

/** Throws if the file exists: one client, one ledger. */
export async function openLedger(file: string): Promise<Ledger> {
  const handle = await open(file, 'ax');
  const append = createLineWriter(handle);
  return {
    request: async <Body>(
      server: Server,
      method: string,
      path: string,
      options: RequestOptions = {},
    ) => {
      const { body = null, token = null, headers = {} } = options;
      const asked: Asked = { id: randomUUID(), method, path, body, token, headers };
      await append(asked);
      const sentAt = now();
      const end = (result: Partial<Ended>) =>
        append({ id: asked.id, sentAt, endedAt: now(), ...result });
      try {
        const answer = await server.request<Body>(method, path, options);
        await end({
          answer: { status: answer.status, body: answer.body, headers: answer.headers },
        });
        return answer;
      } catch (error) {
        await end({ failure: String(error) });
        throw error;
      }
    },
    close: () => handle.close(),
  };
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Each call resolves when its line is on disk. Lines that come while the disk is busy share the
 * next sync.
 */
function createLineWriter(handle: FileHandle): (line: object) => Promise<void> {
  let waiting = '';
  let next: Promise<void> | null = null;
  let last: Promise<void> = Promise.resolve();

  async function flushAfter(previous: Promise<void>): Promise<void> {
    await previous;
    const lines = waiting;
    waiting = '';
    next = null;
    await handle.appendFile(lines);
    await handle.datasync();
  }

  return (line) => {
    waiting += `${JSON.stringify(line)}\n`;
    next ??= last = flushAfter(last);
    return next;
  };
}

/**
 * In request order. An incomplete line was not yet on disk when the client continued, so it is left
 * out.
 */
export function readLedger(file: string): LedgerEntry[] {
  const entries = new Map<string, LedgerEntry>();
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  for (const line of lines) {
    const record = JSON.parse(line) as Asked & Partial<Ended>;
    const known = entries.get(record.id) ?? {
      answer: null,
      failure: null,
      sentAt: null,
      endedAt: null,
    };
    entries.set(record.id, { ...known, ...record });
  }
  return [...entries.values()];
}
