import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `refuse`: the port is closed, open connections are reset. `reset`: connects, then resets.
 * `black-hole`: connects, but no byte passes; held bytes pass at the next mode. `half-close`: the
 * client sees the end, what it sends still passes. A delay is for each packet, plus or minus
 * `jitterMs`. A rate is for each direction of each connection. A cut happens at each COMMIT, or at
 * the first `times` of them: before it is forwarded, or once the server has answered it,
 * withholding the answer; `onCut` runs before the client can notice.
 */
export type FaultMode =
  | 'pass'
  | 'refuse'
  | 'reset'
  | 'black-hole'
  | 'half-close'
  | { delayMs: number; jitterMs?: number }
  | { bytesPerSecond: number }
  | Cut;

export type Cut = {
  cut: 'before-commit' | 'after-commit';
  /**
   * The statement that commits, if it is not COMMIT; without the flag g, whose state would be kept.
   */
  statement?: RegExp;
  onCut?: () => void;
  times?: number;
};

/**
 * The state shared by all connections of a proxy; `changed` resolves at the next change of the
 * mode.
 */
export type FaultState = { mode: FaultMode; changed: PromiseWithResolvers<void>; cutsLeft: number };

export function createFaultState(): FaultState {
  return { mode: 'pass', changed: Promise.withResolvers(), cutsLeft: 0 };
}

export function changeMode(state: FaultState, mode: FaultMode): void {
  state.mode = mode;
  state.cutsLeft = isCut(mode) ? (mode.times ?? Number.POSITIVE_INFINITY) : 0;
  state.changed.resolve();
  state.changed = Promise.withResolvers();
}

/** The cut to make at the current COMMIT, which is counted; null lets it pass. */
export function takeCut(state: FaultState): Cut | null {
  if (!isCut(state.mode) || state.cutsLeft === 0) return null;
  state.cutsLeft -= 1;
  return state.mode;
}

/** The statement at which the mode cuts; undefined means COMMIT. */
export function cutStatement({ mode }: FaultState): RegExp | undefined {
  return isCut(mode) ? mode.statement : undefined;
}

function isCut(mode: FaultMode): mode is Cut {
  return typeof mode === 'object' && 'cut' in mode;
}

export async function untilPassable(state: FaultState): Promise<void> {
  while (state.mode === 'black-hole') await state.changed.promise;
}

/**
 * Writes the bytes with the delay and rate of the mode; if it changes, the new one applies to the
 * rest.
 */
export async function deliver(state: FaultState, to: Socket, bytes: Buffer): Promise<void> {
  let rest = bytes;
  while (rest.length > 0 && to.writable) {
    await untilPassable(state);
    const { mode, changed } = state;
    const packet = nextPacket(mode, rest);
    const waitMs = waitBefore(mode, packet);
    if (waitMs > 0) await Promise.race([sleep(waitMs, null, { ref: false }), changed.promise]);
    if (mode !== state.mode) continue;
    await write(to, packet);
    rest = rest.subarray(packet.length);
  }
}

function nextPacket(mode: FaultMode, rest: Buffer): Buffer {
  if (typeof mode !== 'object' || !('bytesPerSecond' in mode)) return rest;
  return rest.subarray(0, Math.ceil(mode.bytesPerSecond / 20));
}

function waitBefore(mode: FaultMode, packet: Buffer): number {
  if (typeof mode !== 'object') return 0;
  if ('bytesPerSecond' in mode) return (1000 * packet.length) / mode.bytesPerSecond;
  if ('delayMs' in mode) return mode.delayMs + (mode.jitterMs ?? 0) * (2 * Math.random() - 1);
  return 0;
}

/** Always settles: if the socket is gone, so are the bytes. */
function write(to: Socket, packet: Buffer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  to.write(packet, () => resolve());
  return promise;
}
