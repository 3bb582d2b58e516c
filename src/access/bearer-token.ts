import type { FastifyRequest } from 'fastify';

/** Header only (RFC 6750 § 2.1). Two Authorization headers are ambiguous and count as no token. */
export function bearerTokenOf(request: FastifyRequest): string | null {
  const { rawHeaders } = request.raw;
  const count = rawHeaders.filter(
    (name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization',
  ).length;
  const match =
    count === 1 ? /^Bearer +([\w.~+/-]+=*)$/i.exec(request.headers.authorization ?? '') : null;
  return match?.[1] ?? null;
}
