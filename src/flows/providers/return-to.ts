import { returnOrigins } from '../../access/return-to.ts';
import type { Config } from '../../configuration/config.ts';

type Settings = Pick<Config, 'publicUrl' | 'frontendUrl' | 'appUrl' | 'returnToAllow'>;

/**
 * Where a sign-in may lead back to: a path of `FRONTEND_URL`, or an address of `APP_URL` or
 * `RETURN_TO_ALLOW`.
 * Null for anything else. The address goes into a `Location`, so it is taken as the parser writes
 * it, and not as it was sent: browsers read `/\evil.example` and `//evil.example` as hosts.
 */
export function soundReturnTo(config: Settings, given: string): string | null {
  // The parser drops tabs and line breaks wherever they are, and takes \ for /.
  if (!/^[\x21-\x7e]+$/.test(given) || /[\\#]/.test(given)) return null;
  const isPath = given.startsWith('/') && !given.startsWith('//');
  if (!isPath && !/^https?:\/\/[^/]/i.test(given)) return null;
  if (!URL.canParse(given, config.frontendUrl)) return null;
  const url = new URL(given, config.frontendUrl);
  if (url.username !== '' || url.password !== '') return null;
  const front = new URL(config.frontendUrl);
  if (url.origin === front.origin) return isBelow(front.pathname, url.pathname) ? url.href : null;
  const own = new URL(config.publicUrl).origin;
  return url.origin !== own && returnOrigins(config).includes(url.origin) ? url.href : null;
}

/** Of this service the pages only: no answer of the API is somewhere to return to. */
function isBelow(base: string, path: string): boolean {
  const folder = base.replace(/\/+$/, '');
  return path === folder || path.startsWith(`${folder}/`);
}

/** A cookie goes to this service's own pages only. */
export function isOwnOrigin({ publicUrl }: Settings, returnTo: string): boolean {
  return new URL(returnTo).origin === new URL(publicUrl).origin;
}

/** The same address with a parameter more. */
export function withParameter(address: string, name: string, value: string): string {
  const url = new URL(address);
  url.searchParams.set(name, value);
  return url.href;
}

/** Behind the #: no server and no referrer gets it. */
export function withFragment(address: string, values: Record<string, string>): string {
  return `${address}#${new URLSearchParams(values).toString()}`;
}
