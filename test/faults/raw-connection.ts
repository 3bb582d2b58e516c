import { once } from 'node:events';
import { connect } from 'node:net';

export type RawConnection = {
  send: (text: string) => void;
  /** Everything received so far. */
  received: () => string;
  isClosed: () => boolean;
  /** When the server, or a lost connection, has ended it. */
  closed: Promise<void>;
};

/** A connection for raw bytes; it closes only when the server closes it or the test ends. */
export async function openRawConnection(
  t: { after(end: () => unknown): void },
  port: number,
  text = '',
): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port });
  t.after(() => socket.destroy());
  let received = '';
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    received += chunk;
  });
  socket.on('error', () => {}).on('close', () => resolve());
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return {
    send: (more) => void socket.write(more),
    received: () => received,
    isClosed: () => socket.destroyed,
    closed,
  };
}
