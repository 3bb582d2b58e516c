import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

export type StaticContent = {
  readonly content: string | Buffer;
  readonly type: string;
  readonly etag: string;
};

export function staticContent(content: string | Buffer, type: string): StaticContent {
  return {
    content,
    type,
    etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 27)}"`,
  };
}

export function sendStatic(
  request: FastifyRequest,
  reply: FastifyReply,
  { content, type, etag }: StaticContent,
): FastifyReply {
  reply.header('etag', etag);
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.type(type).send(content);
}
