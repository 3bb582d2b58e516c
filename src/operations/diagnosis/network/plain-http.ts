import {
  type Check,
  describeProblem,
  type Found,
  failed,
  ok,
  skipped,
  warning,
} from '../finding.ts';
import { askPublicUrl, type Place, type PublicAnswer } from './ask-public-url.ts';

/**
 * Over http a page leads to https, and the API is refused: a redirect would hide that a password
 * was sent in clear.
 */
export function plainHttpCheck(place: Place): Check {
  return {
    name: 'plain http',
    run: async (signal) => {
      const plain = plainPlace(place);
      if (plain === null)
        return skipped(
          place.url.protocol === 'https:'
            ? 'PUBLIC_URL has a port of its own; --http-port says which one is http'
            : 'PUBLIC_URL is http',
        );
      let page: PublicAnswer;
      try {
        page = await askPublicUrl(plain, { path: '/' }, signal);
      } catch (error) {
        return ok(`no http there (${describeProblem(error)})`);
      }
      const faults = [...pageFaults(place, page), ...(await apiFaults(plain, signal))];
      return faults.length > 0
        ? faults
        : ok(`pages lead to ${place.url.origin}, the API is refused`);
    },
  };
}

function plainPlace({ url, httpPort, ...place }: Place): Place | null {
  if (url.protocol !== 'https:' || (url.port !== '' && httpPort === undefined)) return null;
  const plain = new URL(url);
  plain.protocol = 'http:';
  plain.port = String(httpPort ?? 80);
  return { ...place, url: plain };
}

function pageFaults({ url }: Place, { status, headers }: PublicAnswer): Found[] {
  const location = headers.location ?? '';
  if (status < 300 || status > 399)
    return status === 403 || status === 426
      ? []
      : [failed(`pages are served over http (status ${status})`, `Redirect them to ${url.origin}`)];
  if (URL.canParse(location) && new URL(location).origin === url.origin) return [];
  return [
    failed('http leads elsewhere than to PUBLIC_URL', `Redirect to ${url.origin}$request_uri`),
  ];
}

async function apiFaults(plain: Place, signal: AbortSignal): Promise<Found[]> {
  const asked = {
    method: 'POST',
    path: '/api/users/login',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  };
  const answer = await askPublicUrl(plain, asked, signal).catch(() => null);
  if (answer === null || answer.status === 403 || answer.status === 426) return [];
  if (answer.status >= 300 && answer.status < 400)
    return [
      warning(
        'the API over http is redirected, which hides that a password went in clear',
        'Answer it with 403',
      ),
    ];
  return [
    failed(
      `the API answers over http (status ${answer.status})`,
      'Answer it with 403, or close the port',
    ),
  ];
}
