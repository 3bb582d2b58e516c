import cluster from 'node:cluster';

const shareMilliseconds = 500;

/** Counts of this process; the supervisor keeps the sum over all. */
const dropped = { here: 0, told: 0, everywhere: 0, isToBeTold: false };

/** Counts a log line that was dropped because standard output blocked and the buffer was full. */
export function countDroppedLine(): void {
  dropped.here += 1;
  if (!cluster.isWorker || dropped.isToBeTold) return;
  dropped.isToBeTold = true;
  setTimeout(tellSupervisor, shareMilliseconds).unref();
}

/** Over all processes, ended ones included; other processes show up within a second. */
export function droppedLines(): number {
  return dropped.everywhere + dropped.here - dropped.told;
}

function tellSupervisor(): void {
  dropped.isToBeTold = false;
  if (process.connected) process.send?.({ droppedLines: dropped.here - dropped.told });
  // The supervisor's answer has them; until then they are counted here.
  dropped.everywhere += dropped.here - dropped.told;
  dropped.told = dropped.here;
}

type Message = { droppedLines?: number };

/** In a server process: receives what the others have dropped. */
export function hearOfDroppedLines(): void {
  process.on('message', ({ droppedLines: everywhere }: Message) => {
    if (everywhere !== undefined) dropped.everywhere = Math.max(dropped.everywhere, everywhere);
  });
}

/** In the supervisor: adds up the counts of its server processes and sends them the sum. */
export function shareDroppedLines(): void {
  let sum = 0;
  const tellAll = (): void => {
    const message = { droppedLines: sum + dropped.here };
    for (const worker of Object.values(cluster.workers ?? {})) {
      if (worker?.isConnected()) worker.send(message);
    }
  };
  cluster.on('message', (_worker, { droppedLines: count }: Message) => {
    if (count === undefined) return;
    sum += count;
    tellAll();
  });
  cluster.on('online', tellAll);
}
