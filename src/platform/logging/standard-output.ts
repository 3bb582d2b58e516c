import { AsyncLocalStorage } from 'node:async_hooks';
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';
import { countDroppedLine } from './dropped-lines.ts';
import { createLineQueue, type LineQueue } from './line-queue.ts';

export type StandardOutput = DestinationStream & {
  /** What to do once lines flow again and some were dropped: it is given how many. */
  onDropped(tell: (count: number) => void): void;
};

type State = {
  fd: number;
  /** A write to it comes back at once; otherwise a thread waits for it. */
  isNonBlocking: boolean;
  queue: LineQueue;
  dropped: number;
  tell: (count: number) => void;
  /** The bytes a thread is writing, and since when. */
  underWay: { bytes: number; since: number } | null;
  retry: NodeJS.Timeout | null;
  waitMilliseconds: number;
};

const maxWaitingBytes = 1024 * 1024;
const waits = { shortest: 10, longest: 250 };

/** A pipe takes so much whole, never a part of it in between the lines of another process (PIPE_BUF). */
const wholeBytes = 4096;
const threadBytes = 64 * 1024;

/**
 * Standard output that neither fails nor blocks the process: what it does not take waits in a bounded buffer, and lines
 * beyond that are dropped and counted. What waits is written before the process ends, if it is taken then.
 */
export function openStandardOutput(): StandardOutput {
  const reopened = reopenNonBlocking();
  const state: State = {
    fd: reopened ?? 1,
    isNonBlocking: reopened !== null,
    queue: createLineQueue(maxWaitingBytes),
    dropped: 0,
    tell: () => {},
    underWay: null,
    retry: null,
    waitMilliseconds: waits.shortest,
  };
  process.on('exit', () => flushAtExit(state));
  return {
    write: (line) => {
      if (state.queue.add(Buffer.from(line))) send(state);
      else {
        state.dropped += 1;
        countDroppedLine();
      }
    },
    onDropped: (tell) => {
      // Not in the name of the request during which lines flow again.
      const outside = AsyncLocalStorage.snapshot();
      state.tell = (count) => outside(tell, count);
    },
  };
}

/**
 * A description of its own: the flag on the inherited one is shared with every process that has it, and any of them
 * takes it back. Null for a file, whose position would not be shared, a socket, and where there is no /proc.
 */
function reopenNonBlocking(): number | null {
  try {
    if (fstatSync(1).isFile()) return null;
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // Opened by Node, the inherited one is non-blocking too, as long as no other process changes that.
    process.stdout.on('error', () => {});
    return null;
  }
}

function send(state: State): void {
  if (state.underWay !== null || state.retry !== null || state.queue.bytes() === 0) return;
  if (state.isNonBlocking) sendNow(state);
  else sendInThread(state);
}

function sendNow(state: State): void {
  try {
    while (state.queue.bytes() > 0 && state.retry === null) {
      accept(state, writeSync(state.fd, state.queue.head(wholeBytes)));
    }
  } catch {
    tryLater(state);
  }
}

function sendInThread(state: State): void {
  const chunk = state.queue.head(threadBytes);
  state.underWay = { bytes: chunk.length, since: performance.now() };
  write(state.fd, chunk, (error, written) => {
    state.underWay = null;
    if (error) tryLater(state);
    else {
      accept(state, written);
      send(state);
    }
  });
}

function accept(state: State, written: number): void {
  state.queue.take(written);
  state.waitMilliseconds = waits.shortest;
  if (state.dropped === 0 || state.queue.bytes() > maxWaitingBytes / 2) return;
  const { dropped } = state;
  state.dropped = 0;
  state.tell(dropped);
}

function tryLater(state: State): void {
  state.retry ??= setTimeout(() => {
    state.retry = null;
    send(state);
  }, state.waitMilliseconds).unref();
  state.waitMilliseconds = Math.min(2 * state.waitMilliseconds, waits.longest);
}

const stuckMilliseconds = 1000;

/** The last lines, the one above all that says why the process ends. */
function flushAtExit(state: State): void {
  const { underWay, queue } = state;
  if (underWay !== null) {
    // A process waits for its threads at its end: one that is stuck would keep it for ever.
    if (performance.now() - underWay.since > stuckMilliseconds) process.kill(process.pid, 'SIGKILL');
    pause();
    queue.take(underWay.bytes);
    state.underWay = null;
  }
  clearTimeout(state.retry ?? undefined);
  let giveUpAt = performance.now() + stuckMilliseconds;
  while (queue.bytes() > 0 && performance.now() < giveUpAt) {
    try {
      queue.take(writeSync(state.fd, queue.head(wholeBytes)));
      giveUpAt = performance.now() + stuckMilliseconds;
    } catch (error) {
      // A reader may catch up; a disk does not grow.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      pause();
    }
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
}
