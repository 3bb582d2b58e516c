/** Waiting jobs of many clients, bounded, and served in turn: one from each client that waits. */
export type FairQueue<T> = {
  /** False where there is no room, or where this client already holds its share while others wait. */
  push(client: string, item: T, capacity: number): boolean;
  shift(): T | undefined;
  readonly size: number;
};

export function createFairQueue<T>(): FairQueue<T> {
  // In order of service: a client that was served goes to the end of the map.
  const waiting = new Map<string, T[]>();
  let size = 0;
  let turnedAway = false;
  return {
    push: (client, item, capacity) => {
      const own = waiting.get(client) ?? [];
      const share = Math.max(1, Math.floor(capacity / 2));
      const othersWait = turnedAway || size > own.length;
      if (own.length >= share && othersWait) return false;
      if (size >= capacity) {
        // A flood that refills each place as it comes free would keep others out for ever: who was turned away
        // counts as waiting until the queue has run empty.
        turnedAway ||= own.length < share;
        return false;
      }
      own.push(item);
      waiting.set(client, own);
      size += 1;
      return true;
    },
    shift: () => {
      const [first] = waiting;
      if (first === undefined) return undefined;
      const [client, items] = first;
      const item = items.shift();
      waiting.delete(client);
      if (items.length > 0) waiting.set(client, items);
      size -= 1;
      turnedAway &&= size > 0;
      return item;
    },
    get size() {
      return size;
    },
  };
}
