import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../configuration/config.ts';
import { hostCookie, isCookieMode } from './cookie-mode.ts';

type Exchange = { request: FastifyRequest; reply: FastifyReply; config: Config };

const name = 'adl_email_request';

/**
 * The secret of who asked for a code, as the answer shows it. In cookie mode it is in a cookie
 * only, and no script of the page can read it.
 */
export function answerAsker(
  { request, reply, config }: Exchange,
  secret: string,
  maxAge: number,
): { request_id?: string } {
  if (!isCookieMode(request)) return { request_id: secret };
  setAsker({ reply, config }, secret, maxAge);
  return {};
}

/** Null if the browser has asked for no code. */
export function askerOf(request: FastifyRequest, config: Config): string | null {
  if (!isCookieMode(request)) return null;
  return parseCookie(request.raw.headers.cookie ?? '')[hostCookie(config, name)] ?? null;
}

function setAsker(
  { reply, config }: Pick<Exchange, 'reply' | 'config'>,
  value: string,
  maxAge: number,
): void {
  const cookie = {
    name: hostCookie(config, name),
    value,
    maxAge,
    path: '/',
    httpOnly: true,
    secure: config.publicUrl.startsWith('https:'),
    sameSite: 'strict',
  } as const;
  reply.header('set-cookie', stringifySetCookie(cookie));
}
