import { createSocket } from 'node:dgram';
import { once } from 'node:events';

type Lifetime = { after(end: () => unknown): void };

export type NameServer = {
  /** As an option of adl doctor. */
  address: string;
  /** Text records by name. */
  records: Record<string, string[]>;
  /** IPv4 addresses by name. */
  hosts: Record<string, string>;
  /** `fail` answers SERVFAIL to all, `silent` nothing. */
  mode: 'answer' | 'fail' | 'silent';
};

const types = { a: 1, txt: 16 };

/** A name server over UDP (RFC 1035); it ends with the test. */
export async function startNameServer(
  t: Lifetime,
  place = { address: '127.0.0.1', port: 0 },
): Promise<NameServer> {
  const socket = createSocket('udp4');
  const server: NameServer = { address: '', records: {}, hosts: {}, mode: 'answer' };
  socket.on('message', (query, from) => {
    if (server.mode !== 'silent') socket.send(answerTo(query, server), from.port, from.address);
  });
  socket.bind(place.port, place.address);
  await once(socket, 'listening');
  t.after(() => socket.close());
  server.address = `${place.address}:${socket.address().port}`;
  return server;
}

function answerTo(query: Buffer, { records, hosts, mode }: NameServer): Buffer {
  const labels: string[] = [];
  let at = 12;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const [name, type] = [labels.join('.').toLowerCase(), query.readUInt16BE(at + 1)];
  const host = hosts[name];
  const texts = type === types.txt ? (records[name] ?? []).map(textOf) : [];
  const addresses =
    type === types.a && host !== undefined ? [Buffer.from(host.split('.').map(Number))] : [];
  const answers = mode === 'fail' ? [] : [...texts, ...addresses];
  const isKnown = name in records || host !== undefined;
  return Buffer.concat([
    headOf(query, { code: mode === 'fail' ? 2 : isKnown ? 0 : 3, answers: answers.length }),
    query.subarray(12, at + 5),
    ...answers.map((content) => record(type, content)),
  ]);
}

function headOf(query: Buffer, { code, answers }: { code: number; answers: number }): Buffer {
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  head.writeUInt16BE(0x8180 | code, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(answers, 6);
  return head;
}

/** Points to the question's name. */
function record(type: number, content: Buffer): Buffer {
  const head = Buffer.from('c00c00000001000000000000', 'hex');
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(content.length, 10);
  return Buffer.concat([head, content]);
}

/** Long text comes in pieces. */
function textOf(text: string): Buffer {
  const pieces = text.match(/.{1,200}/g) ?? [''];
  return Buffer.concat(
    pieces.flatMap((piece) => [Buffer.from([piece.length]), Buffer.from(piece)]),
  );
}
