import { AsyncLocalStorage } from 'node:async_hooks';
import { constants, fstatSync, openSync, write, writeSync } from 'node:fs';
import type { DestinationStream } from 'pino';
import { countDroppedLine } from './dropped-lines.ts';
import { createLineQueue, type LineQueue } from './line-queue.ts';

export type StandardOutput = DestinationStream & {
  /** Called with the number of dropped lines once output flows again. */
  onDropped(tell: (count: number) => void): void;
};

type State = {
  /**
   * Never blocks. Null if only the inherited descriptor can be used, which may block: then a thread
   * writes.
   */
  promptFd: number | null;
  queue: LineQueue;
  dropped: number;
  tell: (count: number) => void;
  /** What a thread is writing, and since when. */
  underWay: { bytes: number; since: number } | null;
  retry: NodeJS.Timeout | null;
  gathering: NodeJS.Timeout | null;
  waitMilliseconds: number;
};

const inheritedFd = 1;
const maxWaitingBytes = 1024 * 1024;
const waits = { shortest: 10, longest: 250 };

/** Lines of this long are written together: a write costs more than its line. */
const gatherMilliseconds = 20;

/** A pipe accepts this much atomically, so that lines of two processes do not mix (PIPE_BUF). */
const wholeBytes = 4096;
const gatheredBytes = 3 * 1024;
const threadBytes = 64 * 1024;

/**
 * Standard output that neither fails nor blocks the process. Lines that cannot be written wait in a
 * bounded buffer; lines beyond it are dropped and counted. The buffer is flushed at exit, as far as
 * output accepts it.
 */
export function openStandardOutput(): StandardOutput {
  const state: State = {
    promptFd: openPrompt(),
    queue: createLineQueue(maxWaitingBytes),
    dropped: 0,
    tell: () => {},
    underWay: null,
    retry: null,
    gathering: null,
    waitMilliseconds: waits.shortest,
  };
  process.on('exit', () => flushAtExit(state));
  return {
    write: (line) => {
      if (state.queue.add(Buffer.from(line))) sendSoon(state);
      else {
        state.dropped += 1;
        countDroppedLine();
      }
    },
    onDropped: (tell) => {
      // Outside the request during which output happens to flow again.
      const outside = AsyncLocalStorage.snapshot();
      state.tell = (count) => outside(tell, count);
    },
  };
}

/**
 * A file is used as it is: a full disk fails at once. A pipe or terminal is opened again without
 * blocking, because the flag of the inherited descriptor is shared with other processes, and Node
 * resets it whenever it starts one. Null if that is impossible: a socket, a pipe of another user,
 * or no /proc.
 */
function openPrompt(): number | null {
  try {
    if (fstatSync(inheritedFd).isFile()) return inheritedFd;
    return openSync(
      '/proc/self/fd/1',
      constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    );
  } catch {
    // Node opens the inherited descriptor without blocking, until another process changes that.
    process.stdout.on('error', () => {});
    return null;
  }
}

function sendSoon(state: State): void {
  if (state.queue.bytes() >= gatheredBytes) send(state);
  else state.gathering ??= setTimeout(() => send(state), gatherMilliseconds).unref();
}

function send(state: State): void {
  clearTimeout(state.gathering ?? undefined);
  state.gathering = null;
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

/** The last lines matter most: they say why the process ends. */
function flushAtExit(state: State): void {
  const { promptFd, underWay, queue } = state;
  if (underWay !== null) {
    // The process waits for its threads at exit, and a blocked write cannot be cancelled: it would
    // never end.
    if (performance.now() - underWay.since > stuckMilliseconds)
      process.kill(process.pid, 'SIGKILL');
    pause();
    queue.take(underWay.bytes);
    state.underWay = null;
  }
  clearTimeout(state.retry ?? undefined);
  clearTimeout(state.gathering ?? undefined);
  let giveUpAt = performance.now() + stuckMilliseconds;
  while (queue.bytes() > 0 && performance.now() < giveUpAt) {
    try {
      queue.take(writeSync(promptFd ?? inheritedFd, queue.head(wholeBytes)));
      giveUpAt = performance.now() + stuckMilliseconds;
    } catch (error) {
      // A reader may catch up; a full disk stays full.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      pause();
    }
  }
}

function pause(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
}
