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
  /** A write to it comes back at once. Null: to the inherited one it may not, so that a thread waits for it. */
  promptFd: number | null;
  queue: LineQueue;
  dropped: number;
  tell: (count: number) => void;
  /** The bytes a thread is writing, and since when. */
  underWay: { bytes: number; since: number } | null;
  retry: NodeJS.Timeout | null;
  waitMilliseconds: number;
};

const inheritedFd = 1;
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
  const state: State = {
    promptFd: openPrompt(),
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
 * A file as it is: a disk that is full says so at once. A pipe or terminal opened anew, since the flag on the inherited
 * description is shared with every process that has it: Node takes it back whenever it starts one. Null where that is
 * not possible: for a socket, for what belongs to another user, and where there is no /proc.
 */
function openPrompt(): number | null {
  try {
    if (fstatSync(inheritedFd).isFile()) return inheritedFd;
    return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // Opened by Node, the inherited one does not block either, until another process changes that.
    process.stdout.on('error', () => {});
    return null;
  }
}

function send(state: State): void {
  if (state.underWay !== null || state.retry !== null || state.queue.bytes() === 0) return;
  if (state.promptFd === null) sendInThread(state);
  else sendNow(state, state.promptFd);
}

function sendNow(state: State, fd: number): void {
  try {
    while (state.queue.bytes() > 0 && state.retry === null) {
      accept(state, writeSync(fd, state.queue.head(wholeBytes)));
    }
  } catch {
    tryLater(state);
  }
}

function sendInThread(state: State): void {
  const chunk = state.queue.head(threadBytes);
  state.underWay = { bytes: chunk.length, since: performance.now() };
  write(inheritedFd, chunk, (error, written) => {
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
  const { promptFd, underWay, queue } = state;
  if (underWay !== null) {
    // A process waits for its threads at its end, and nothing calls back one that is stuck: it would never end.
    if (performance.now() - underWay.since > stuckMilliseconds) process.kill(process.pid, 'SIGKILL');
    pause();
    queue.take(underWay.bytes);
    state.underWay = null;
  }
  clearTimeout(state.retry ?? undefined);
  let giveUpAt = performance.now() + stuckMilliseconds;
  while (queue.bytes() > 0 && performance.now() < giveUpAt) {
    try {
      queue.take(writeSync(promptFd ?? inheritedFd, queue.head(wholeBytes)));
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
