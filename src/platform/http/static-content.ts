import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { acceptedEncoding, type Encoding } from './accepted-encoding.ts';

export type StaticContent = {
  readonly content: string | Buffer;
  readonly type: string;
  readonly etag: string;
  /** Made for the first who accepts it. */
  readonly compressed: Partial<Record<Encoding, Promise<Buffer>>>;
};

// Below it the headers outweigh what is saved.
const smallest = 1500;
const quality = { [constants.BROTLI_PARAM_QUALITY]: 6 };
const compress: Record<Encoding, (content: string | Buffer) => Promise<Buffer>> = {
  br: (content) => promisify(brotliCompress)(content, { params: quality }),
  gzip: promisify(gzip),
};

export function staticContent(content: string | Buffer, type: string): StaticContent {
  const etag = createHash('sha256').update(content).digest('base64url').slice(0, 27);
  return { content, type, etag, compressed: {} };
}

/** Compressed where the client takes that and it pays: no secret of a request is in such content. */
export async function sendStatic(
  request: FastifyRequest,
  reply: FastifyReply,
  file: StaticContent,
): Promise<FastifyReply> {
  const isWorthIt = file.content.length > smallest && /^text|json$|svg/.test(file.type);
  if (isWorthIt)
    reply.header('vary', [reply.getHeader('vary') ?? 'Origin', 'Accept-Encoding'].join(', '));
  const encoding = isWorthIt ? acceptedEncoding(request.headers['accept-encoding']) : null;
  const etag = encoding === null ? `"${file.etag}"` : `"${file.etag}-${encoding}"`;
  reply.header('etag', etag);
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  reply.type(file.type);
  if (encoding === null) return reply.send(file.content);
  file.compressed[encoding] ??= compress[encoding](file.content);
  return reply.header('content-encoding', encoding).send(await file.compressed[encoding]);
}
