import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

type Lifetime = { after(end: () => unknown): void };
type Value = { stringValue?: string; intValue?: number };
type SentSpan = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: { key: string; value: Value }[];
  links?: { traceId: string; spanId: string }[];
  status?: { code?: number };
};
type Sent = {
  resourceSpans: {
    resource: { attributes: { key: string; value: Value }[] };
    scopeSpans: { spans: SentSpan[] }[];
  }[];
};

export type ReceivedSpan = Omit<SentSpan, 'attributes'> & {
  attributes: Record<string, string | number | undefined>;
  service: string | number | undefined;
  milliseconds: number;
};

export type TraceReceiver = {
  endpoint: string;
  spans: ReceivedSpan[];
  /** Of all requests, as text. */
  bodies: string[];
  headers: Record<string, unknown>[];
  stop: () => void;
  start: () => Promise<void>;
};

/** Takes traces by OTLP over HTTP with JSON, at the standard path; it ends with the test. */
export async function startTraceReceiver(t: Lifetime): Promise<TraceReceiver> {
  const server = createServer((incoming, answer) => {
    void json(incoming).then((sent) => {
      if (incoming.url !== '/v1/traces') return answer.writeHead(404).end();
      receiver.headers.push(incoming.headers);
      receiver.bodies.push(JSON.stringify(sent));
      receiver.spans.push(...spansOf(sent as Sent));
      return answer.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const receiver: TraceReceiver = {
    endpoint: `http://127.0.0.1:${port}`,
    spans: [],
    bodies: [],
    headers: [],
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
    start: () => listen(port),
  };
  t.after(receiver.stop);
  return receiver;
}

function spansOf({ resourceSpans }: Sent): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: valuesOf(span.attributes ?? []),
        service: valuesOf(resource.attributes)['service.name'],
        milliseconds: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
      })),
    ),
  );
}

function valuesOf(
  attributes: { key: string; value: Value }[],
): Record<string, string | number | undefined> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]),
  );
}
