/** A bounded queue that serves waiting clients round-robin. */
export type FairQueue<T> = {
  /** Reserves a place until `fill` or `release`; false if full, or the client has its share. */
  reserve(client: string, capacity: number): boolean;
  fill(client: string, item: T): void;
  release(client: string): void;
  /** Removes a waiting job and frees its place; false if it was already served. */
  withdraw(client: string, item: T): boolean;
  /** The next job; undefined if none waits. */
  shift(): T | undefined;
  /** Waiting jobs, without reserved places. */
  readonly size: number;
};

type Waiting<T> = { reserved: number; items: T[] };

export function createFairQueue<T>(): FairQueue<T> {
  // In order of service: a served client moves to the end of the map.
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
        // A flood that refills each freed place would lock others out for ever. A client turned
        // away therefore counts as waiting until the queue is empty.
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
