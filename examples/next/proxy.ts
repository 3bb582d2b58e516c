import { type NextRequest, NextResponse } from 'next/server';
import { accessTokenHeader, serviceUrl } from './lib/service.ts';

/**
 * Renews the session on the way to a page, so that the server can draw it with the account in it.
 * The new cookie goes to the browser, the access token to the page on the server and no further.
 */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const headers = new Headers(request.headers);
  // Only this file may set it.
  headers.delete(accessTokenHeader);
  if (!request.cookies.getAll().some(({ name }) => /^(__Host-)?adl_user$/.test(name)))
    return NextResponse.next({ request: { headers } });
  const answer = await renew(request).catch(() => null);
  if (answer?.ok) {
    const { access_token: token } = (await answer.json()) as { access_token: string };
    headers.set(accessTokenHeader, token);
  }
  const response = NextResponse.next({ request: { headers } });
  for (const cookie of answer?.headers.getSetCookie() ?? [])
    response.headers.append('set-cookie', cookie);
  return response;
}

/** As the page itself would: two tabs that renew at once get the same session. */
function renew({ headers }: NextRequest): Promise<Response> {
  const passedOn = ['cookie', 'user-agent', 'x-forwarded-for'].map((name) => [
    name,
    headers.get(name),
  ]);
  return fetch(`${serviceUrl}/api/users/refresh`, {
    method: 'POST',
    headers: {
      ...Object.fromEntries(passedOn.filter(([, value]) => value !== null)),
      'x-session-mode': 'cookie',
      // Its PUBLIC_URL: the cookie is strict, so no other site can send a browser here with it.
      origin: process.env.ADL_PUBLIC_URL ?? serviceUrl,
    },
    cache: 'no-store',
    signal: AbortSignal.timeout(5000),
  });
}

export const config = { matcher: ['/'] };
