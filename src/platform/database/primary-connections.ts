import { Socket } from 'node:net';
import type pg from 'pg';
import { readOnlyServer, sqlStateOf } from './database-errors.ts';

/** All connections of a process to its database, which is the server that can be written to. */
export type PrimaryConnections = {
  /** For the driver's options: opens the socket of a connection, and keeps it in mind. */
  readonly stream: () => Socket;
  /** For the pool's: refuses a new connection whose server is read-only. */
  readonly verify: (client: pg.ClientBase, done: (error?: Error) => void) => void;
  /**
   * Told of every error. Where a server turns out to be read-only, as an old primary is after a fail-over, all
   * connections are cut: idle ones would each fail one request more, and what they read would be stale.
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
