/** Waiting jobs of many clients, bounded, and served in turn: one from each client that waits. */
export type FairQueue<T> = {
  /**
   * Keeps a place for a job to come, and for as long as `fill` or `release` has not been called. False where there is
   * no room, or where this client already holds its share while others wait.
   */
  reserve(client: string, capacity: number): boolean;
  /** Puts the job into a place that was reserved. */
  fill(client: string, item: T): void;
  /** Gives a reserved place back. */
  release(client: string): void;
  /** Takes a job that waits out of the queue, and frees its place; false where its turn has come. */
  withdraw(client: string, item: T): boolean;
  /** One of the jobs whose turn it is; undefined where none waits. */
  shift(): T | undefined;
  /** How many jobs wait, reserved places apart. */
  readonly size: number;
};

type Waiting<T> = { reserved: number; items: T[] };

export function createFairQueue<T>(): FairQueue<T> {
  // In order of service: a client that was served goes to the end of the map.
  const clients = new Map<string, Waiting<T>>();
  let size = 0;
  let taken = 0;
  let turnedAway = false;

  const free = (client: string, waiting: Waiting<T>): void => {
    taken -= 1;
    turnedAway &&= taken > 0;
    if (heldBy(waiting) === 0) clients.delete(client);
  };

  return {
    reserve: (client, capacity) => {
      const waiting = clients.get(client) ?? { reserved: 0, items: [] };
      const own = heldBy(waiting);
      const share = Math.max(1, Math.floor(capacity / 2));
      const othersWait = turnedAway || taken > own;
      if (own >= share && othersWait) return false;
      if (taken >= capacity) {
        // A flood that refills each place as it comes free would keep others out for ever: who was turned away
        // counts as waiting until the queue has run empty.
        turnedAway ||= own < share;
        return false;
      }
      waiting.reserved += 1;
      clients.set(client, waiting);
      taken += 1;
      return true;
    },
    fill: (client, item) => {
      const waiting = clients.get(client);
      if (waiting === undefined || waiting.reserved === 0) throw new Error('no place was reserved');
      waiting.reserved -= 1;
      waiting.items.push(item);
      size += 1;
    },
    release: (client) => {
      const waiting = clients.get(client);
      if (waiting === undefined || waiting.reserved === 0) throw new Error('no place was reserved');
      waiting.reserved -= 1;
      free(client, waiting);
    },
    withdraw: (client, item) => {
      const waiting = clients.get(client);
      const index = waiting?.items.indexOf(item) ?? -1;
      if (waiting === undefined || index === -1) return false;
      waiting.items.splice(index, 1);
      size -= 1;
      free(client, waiting);
      return true;
    },
    shift: () => {
      for (const [client, waiting] of clients) {
        const item = waiting.items.shift();
        if (item === undefined) continue;
        size -= 1;
        clients.delete(client);
        clients.set(client, waiting);
        free(client, waiting);
        return item;
      }
      return undefined;
    },
    get size() {
      return size;
    },
  };
}

function heldBy({ reserved, items }: Waiting<unknown>): number {
  return reserved + items.length;
}
