import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atProcessEnd } from '../process-end.ts';

type Test = { after(end: () => unknown): void };

/** A log that can be read; `stall` ends that it is taken, `flow` makes it go on. */
export type LogTarget = { stall: () => void; flow: () => void; text: () => string };

/** Runs a server with its standard output there. */
type Wrapper = { wrapper: string[] };

export function openFile(t: Test): Pick<LogTarget, 'text'> & Wrapper {
  const log = join(temporaryDirectory(t), 'log');
  return { wrapper: writingTo(log), text: () => readFileSync(log, 'utf8') };
}

/** A pipe with a reader that can stand still, or go away and come back. */
export function openPipe(t: Test): LogTarget & Wrapper & { close: () => void; reopen: () => void } {
  const path = join(temporaryDirectory(t), 'pipe');
  execFileSync('mkfifo', [path]);
  let fd: number | null = null;
  let text = '';
  const read = () => {
    if (fd !== null) text += readAvailable(fd);
  };
  let reading: NodeJS.Timeout;
  const stall = () => clearInterval(reading);
  const flow = () => {
    reading = setInterval(read, 20);
  };
  const close = () => {
    stall();
    if (fd !== null) closeSync(fd);
    fd = null;
  };
  const reopen = () => {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    flow();
  };
  reopen();
  t.after(close);
  return { wrapper: writingTo(path), stall, flow, close, reopen, text: () => text };
}

function readAvailable(fd: number): string {
  const buffer = Buffer.alloc(1024 * 1024);
  try {
    return buffer.toString('utf8', 0, readSync(fd, buffer));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    return '';
  }
}

/** A file on a small disk that can be filled; null where this process may not mount one. */
export function mountDisk(t: Test): (LogTarget & Wrapper) | null {
  const unmount = () => void spawnSync('umount', ['-l', directory]);
  const directory = temporaryDirectory(t, unmount);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'adl-test', directory], {
      stdio: 'ignore',
    });
  } catch {
    return null;
  }
  const log = join(directory, 'log');
  const filler = join(directory, 'filler');
  const stall = () => {
    try {
      writeFileSync(filler, Buffer.alloc(33 * 1024 * 1024));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  };
  const flow = () => rmSync(filler);
  return { wrapper: writingTo(log), stall, flow, text: () => readFileSync(log, 'utf8') };
}

function temporaryDirectory(t: Test, before: () => void = () => {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'adl-log-'));
  const remove = () => {
    before();
    rmSync(directory, { recursive: true, force: true });
  };
  const cancel = atProcessEnd(remove);
  t.after(() => {
    cancel();
    remove();
  });
  return directory;
}

function writingTo(path: string): string[] {
  return ['sh', '-c', 'out=$1; shift; exec "$@" >>"$out"', 'sh', path];
}
