import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Config } from '../configuration/config.ts';
import type { Realm } from '../domain/realms/realms.ts';
import type { Page } from '../domain/sessions/rotate-refresh-token.ts';
import { sessionLifetimes } from '../domain/sessions/session-lifetimes.ts';
import type { TokenPair, tokensSchema } from '../domain/sessions/token-pair.ts';
import { AppError, forbidden, invalid, unauthenticated } from '../platform/errors.ts';
import { networkOf } from '../platform/http/client-address.ts';
import type { RequestLimits } from './request-limits.ts';

/**
 * For pages of the service's own origin: a script that is not theirs can use the session while it runs, but carries no
 * refresh token away (ASVS V3.3).
 */
export const sessionModeHeader = z.object({
  'x-session-mode': z
    .literal('cookie')
    .optional()
    .describe(
      'For pages of the same origin: the refresh token travels in a cookie that no script can read. Refresh and ' +
        'logout then take no body.',
    ),
});

/**
 * In cookie mode a request comes from a page of this origin, or is 403. The header alone keeps plain forms of other
 * sites out, as it wants a preflight that CORS refuses; this holds where a browser or a CORS setting does not.
 */
export function refuseOtherOrigins({ publicUrl }: Pick<Config, 'publicUrl'>) {
  return async (request: FastifyRequest): Promise<void> => {
    if (!isCookieMode(request)) return;
    const { 'sec-fetch-site': site, origin } = request.headers;
    const isSame = site === undefined ? origin === new URL(publicUrl).origin : site === 'same-origin';
    if (!isSame) throw forbidden('Cookie mode is for pages of the same origin', 'not_same_origin');
  };
}

/**
 * A page that loads cannot see whether it has a session: it tries a refresh. Without a cookie that is a 401 at once,
 * before the body is read and without a query, and counts nowhere: reloads must not use up the address. With a body it
 * is no such page and is not free.
 */
export function refuseMissingCookie(
  { config, limits }: { config: Config; limits: Pick<RequestLimits, 'exempt'> },
  realm: Realm,
) {
  return async (request: FastifyRequest): Promise<void> => {
    if (!isCookieMode(request) || announcesBody(request)) return;
    if (tokenInCookie(request, config, realm) !== undefined) return;
    limits.exempt(request);
    throw missingCookie();
  };
}

/** In cookie mode the cookie takes the place of the body, which must be empty: one token, and no doubt which. */
export function takeTokenFromCookie(config: Config, realm: Realm) {
  return async (request: FastifyRequest): Promise<void> => {
    if (!isCookieMode(request)) return;
    if (request.body !== undefined && request.body !== null) {
      throw invalid({ field: 'body', message: 'must be empty in cookie mode', type: 'unexpected_body' });
    }
    const token = tokenInCookie(request, config, realm);
    if (token === undefined) throw missingCookie();
    request.body = { refresh_token: token };
  };
}

function announcesBody({ raw }: FastifyRequest): boolean {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = raw.headers;
  return length !== '0' || encoding !== undefined;
}

function tokenInCookie({ raw }: FastifyRequest, config: Config, realm: Realm): string | undefined {
  return parseCookie(raw.headers.cookie ?? '')[cookieName(config, realm)];
}

function missingCookie(): AppError {
  return unauthenticated('There is no session cookie', 'invalid_refresh_token');
}

/** The page that asks in cookie mode; null for a bearer. */
export function pageOf(request: FastifyRequest, config: Config): Page | null {
  if (!isCookieMode(request)) return null;
  const network = networkOf(request.clientAddress, config.rateLimitIpv6Prefix);
  return { network, userAgent: request.raw.headers['user-agent'] ?? '' };
}

type Exchange = { request: FastifyRequest; reply: FastifyReply; config: Config; realm: Realm };

/** The answer with new tokens: in cookie mode the refresh token is in the cookie and nowhere else. */
export function answerTokens(exchange: Exchange, tokens: TokenPair): z.output<typeof tokensSchema> {
  const { request, config, realm } = exchange;
  if (!isCookieMode(request)) return tokens;
  const { refresh_token: value, ...shown } = tokens;
  setCookie(exchange, { value, maxAge: sessionLifetimes(config, realm).idleSeconds });
  return shown;
}

/** In cookie mode the browser is told to forget the cookie. */
export function forgetCookie(exchange: Exchange): void {
  if (isCookieMode(exchange.request)) setCookie(exchange, { value: '', maxAge: 0 });
}

/**
 * Passes an error on, and has the cookie forgotten where it says that the session is over. One that was rotated stays:
 * another tab holds the new one, and this answer may come after that tab's.
 */
export function forgettingDeadCookie(exchange: Exchange) {
  return (error: unknown): never => {
    const isOver = error instanceof AppError && error.status === 401;
    if (isOver && error.details?.reason !== 'refresh_token_rotated') forgetCookie(exchange);
    throw error;
  };
}

function isCookieMode({ raw }: FastifyRequest): boolean {
  return raw.headers['x-session-mode'] === 'cookie';
}

function setCookie(
  { reply, config, realm }: Exchange,
  { value, maxAge }: { value: string; maxAge: number },
): void {
  const name = cookieName(config, realm);
  const secure = isHttps(config);
  const cookie = { name, value, maxAge, path: '/', httpOnly: true, secure, sameSite: 'strict' } as const;
  reply.header('set-cookie', stringifySetCookie(cookie));
}

/** `__Host-`: no other host, no subdomain and no plain http can set it (RFC 6265bis § 4.1.3.2). Over http there is no such thing. */
export function cookieName(config: Pick<Config, 'publicUrl'>, { kind }: Realm): string {
  return `${isHttps(config) ? '__Host-' : ''}adl_${kind}`;
}

function isHttps({ publicUrl }: Pick<Config, 'publicUrl'>): boolean {
  return publicUrl.startsWith('https:');
}
