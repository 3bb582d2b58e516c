import { Socket } from 'node:net';
import type pg from 'pg';
import { readOnlyServer, sqlStateOf } from './database-errors.ts';

/** All connections of this process to the primary, the server that accepts writes. */
export type PrimaryConnections = {
  /** For the driver's options: opens the socket of a connection and tracks it. */
  readonly stream: () => Socket;
  /** For the pool's options: rejects a new connection to a read-only server. */
  readonly verify: (client: pg.ClientBase, done: (error?: Error) => void) => void;
  /**
   * Receives every error. If the server is read-only, as an old primary is after a failover, all
   * connections are closed: each idle one would fail one more request or read stale data.
   */
  readonly heed: (error: unknown) => void;
};

const readOnlyTransaction = '25006';

export function createPrimaryConnections(verifyMilliseconds: number): PrimaryConnections {
  const sockets = new Set<Socket>();
  return {
    stream: () => {
      const socket = new Socket();
      sockets.add(socket);
      return socket.once('close', () => sockets.delete(socket));
    },
    verify: (client, done) => {
      const text = 'SHOW transaction_read_only';
      const query = { text, query_timeout: verifyMilliseconds };
      client.query<{ transaction_read_only: string }>(query, (error, result) => {
        if (error) done(error);
        else done(result.rows[0]?.transaction_read_only === 'on' ? readOnlyServer() : undefined);
      });
    },
    heed: (error) => {
      if (sqlStateOf(error) !== readOnlyTransaction) return;
      for (const socket of sockets) socket.destroy();
    },
  };
}
