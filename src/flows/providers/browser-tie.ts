import { randomBytes } from 'node:crypto';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../configuration/config.ts';
import { attemptSeconds } from '../../domain/identities/attempt-store.ts';
import type { Provider } from '../../domain/providers/provider.ts';

type Exchange = { request: FastifyRequest; reply: FastifyReply; config: Pick<Config, 'publicUrl'> };

/**
 * What only this browser has, so that an answer is of use in the browser that asked (login CSRF). A
 * browser keeps it from one attempt to the next: several tabs may be at providers at once.
 */
export function tieBrowser({ request, reply, config }: Exchange, { settings }: Provider): string {
  const name = cookieName(config);
  const value = browserOf(request, config) ?? randomBytes(32).toString('base64url');
  const isSecure = isHttps(config);
  const cookie = {
    name,
    value,
    maxAge: attemptSeconds,
    path: '/',
    httpOnly: true,
    secure: isSecure,
    // A form that the provider's page posts brings no other cookie along; it wants https.
    sameSite: settings.answersByForm && isSecure ? 'none' : 'lax',
  } as const;
  reply.header('set-cookie', stringifySetCookie(cookie));
  return value;
}

/** Null in a browser that has begun nothing here. */
export function browserOf(request: FastifyRequest, config: Pick<Config, 'publicUrl'>) {
  const value = parseCookie(request.raw.headers.cookie ?? '')[cookieName(config)];
  return value !== undefined && /^[\w-]{43}$/.test(value) ? value : null;
}

/** `__Host-`: no other host, and nobody without https, can put one into the browser. */
function cookieName(config: Pick<Config, 'publicUrl'>): string {
  return `${isHttps(config) ? '__Host-' : ''}adl_provider`;
}

function isHttps({ publicUrl }: Pick<Config, 'publicUrl'>): boolean {
  return publicUrl.startsWith('https:');
}
