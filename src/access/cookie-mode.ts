import { parseCookie, stringifySetCookie } from 'cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Config } from '../configuration/config.ts';
import type { Realm } from '../domain/realms/realms.ts';
import type { Page } from '../domain/sessions/rotate-refresh-token.ts';
import { sessionLifetimes } from '../domain/sessions/session-lifetimes.ts';
import type { TokenPair, tokensSchema } from '../domain/sessions/token-schemas.ts';
import { AppError, forbidden, invalid, unauthenticated } from '../platform/errors.ts';
import { networkOf } from '../platform/http/client-address.ts';
import type { RequestLimits } from './request-limits.ts';

/** For this origin's pages: a script can use the session while it runs, not take it (ASVS V3.3). */
export const sessionModeHeader = z.object({
  'x-session-mode': z
    .literal('cookie')
    .optional()
    .describe(
      'For pages of the same origin: the refresh token is kept in a cookie that scripts cannot read. ' +
        'Refresh and logout then take no body.',
    ),
});

/**
 * Answers 403 in cookie mode unless the request comes from a page of this origin. The header
 * alone stops forms of other sites (CSRF), because it needs a preflight that CORS refuses. This
 * check also holds with faulty browsers and lax CORS settings.
 */
export function refuseOtherOrigins({ publicUrl }: Pick<Config, 'publicUrl'>) {
  return async (request: FastifyRequest): Promise<void> => {
    if (!isCookieMode(request)) return;
    const { 'sec-fetch-site': site, origin } = request.headers;
    const isSame =
      site === undefined ? origin === new URL(publicUrl).origin : site === 'same-origin';
    if (!isSame)
      throw forbidden('Cookie mode is only for pages of the same origin', 'not_same_origin');
  };
}

/**
 * A loading page cannot see whether it has a session, so it tries a refresh. Without a cookie the
 * answer is 401, before the body is read and without a query. It counts on no limit, because page
 * reloads must not use up the limit of the address. A request with a body is counted.
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

/** In cookie mode the token comes from the cookie. The body must be empty: two are ambiguous. */
export function takeTokenFromCookie(config: Config, realm: Realm) {
  return async (request: FastifyRequest): Promise<void> => {
    if (!isCookieMode(request)) return;
    if (request.body !== undefined && request.body !== null) {
      throw invalid({
        field: 'body',
        message: 'must be empty in cookie mode',
        type: 'unexpected_body',
      });
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

/** The page that sends the request in cookie mode; null for other clients. */
export function pageOf(request: FastifyRequest, config: Config): Page | null {
  if (!isCookieMode(request)) return null;
  const network = networkOf(request.clientAddress, config.rateLimitIpv6Prefix);
  return { network, userAgent: request.raw.headers['user-agent'] ?? '' };
}

type Exchange = { request: FastifyRequest; reply: FastifyReply; config: Config; realm: Realm };

/** The response with new tokens. In cookie mode the refresh token goes into the cookie only. */
export function answerTokens(exchange: Exchange, tokens: TokenPair): z.output<typeof tokensSchema> {
  if (!isCookieMode(exchange.request)) return tokens;
  const { refresh_token: _, ...shown } = tokens;
  setSessionCookie(exchange, tokens);
  return shown;
}

/** For a browser on its way to a page of this origin, which sends no header. */
export function setSessionCookie(
  exchange: Omit<Exchange, 'request'>,
  { refresh_token: value }: TokenPair,
): void {
  const { idleSeconds: maxAge } = sessionLifetimes(exchange.config, exchange.realm);
  setCookie(exchange, { value, maxAge });
}

export function forgetCookie(exchange: Exchange): void {
  if (isCookieMode(exchange.request)) setCookie(exchange, { value: '', maxAge: 0 });
}

/**
 * Rethrows an error, and clears the cookie if the session is over. After `refresh_token_rotated`
 * the cookie stays: another tab got the new one, and this response may arrive after that tab's.
 */
export function forgettingDeadCookie(exchange: Exchange) {
  return (error: unknown): never => {
    const isOver = error instanceof AppError && error.status === 401;
    if (isOver && error.details?.reason !== 'refresh_token_rotated') forgetCookie(exchange);
    throw error;
  };
}

export function isCookieMode({ raw }: FastifyRequest): boolean {
  return raw.headers['x-session-mode'] === 'cookie';
}

function setCookie(
  { reply, config, realm }: Omit<Exchange, 'request'>,
  { value, maxAge }: { value: string; maxAge: number },
): void {
  const name = cookieName(config, realm);
  const secure = isHttps(config);
  const cookie = {
    name,
    value,
    maxAge,
    path: '/',
    httpOnly: true,
    secure,
    sameSite: 'strict',
  } as const;
  reply.header('set-cookie', stringifySetCookie(cookie));
}

export function cookieName(config: Pick<Config, 'publicUrl'>, { kind }: Realm): string {
  return hostCookie(config, `adl_${kind}`);
}

/** `__Host-`: only this host over HTTPS can set it (RFC 6265bis § 4.1.3.2); refused over HTTP. */
export function hostCookie(config: Pick<Config, 'publicUrl'>, name: string): string {
  return `${isHttps(config) ? '__Host-' : ''}${name}`;
}

function isHttps({ publicUrl }: Pick<Config, 'publicUrl'>): boolean {
  return publicUrl.startsWith('https:');
}
