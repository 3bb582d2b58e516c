import { readdirSync, readFileSync } from 'node:fs';

/**
 * Stops a process and its children, the way a machine without processor time does; the parent
 * first, so that it forks no more.
 */
export function freezeTree(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const frozen = new Set<number>();
  // A child forked a moment before is in the next listing.
  for (let fresh = childrenOf(pid); fresh.length > 0; fresh = childrenOf(pid)) {
    const running = fresh.filter((child) => !frozen.has(child));
    if (running.length === 0) return;
    for (const child of running) {
      frozen.add(child);
      signalIfThere(child, 'SIGSTOP');
    }
  }
}

export function continueTree(pid: number): void {
  for (const child of childrenOf(pid)) signalIfThere(child, 'SIGCONT');
  signalIfThere(pid, 'SIGCONT');
}

function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
}

function parentOf(pid: string): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name in parentheses may contain anything; after it come the state and the parent
    // (proc(5)).
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return null;
  }
}
