import { settings } from './settings.ts';

/**
 * Where `return_to` leads, or the fallback. Read as the browser would, and then held against the
 * list of origins: `//evil`, `/\evil` and `javascript:` are no pages of ours.
 */
export function returnTo(given: string | undefined, fallback: string): string {
  if (given === undefined || given === '' || !URL.canParse(given, location.origin)) return fallback;
  const url = new URL(given, location.origin);
  const isOwn = url.origin === location.origin && /^\/app(\/|$)/.test(url.pathname);
  if (isOwn) return `${url.pathname}${url.search}`;
  const isListed = /^https?:$/.test(url.protocol) && settings.return_origins.includes(url.origin);
  return isListed && url.origin !== location.origin ? url.href : fallback;
}

/** Goes there, in the page where it is one of these pages. */
export function leaveFor(target: string, route: (url: string, replace?: boolean) => void): void {
  if (target.startsWith('/app')) route(target, true);
  else location.assign(target);
}
