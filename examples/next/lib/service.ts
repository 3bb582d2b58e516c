/** Where the service is, seen from this server. */
export const serviceUrl = process.env.ADL_URL ?? 'http://localhost:8000';

/** From `proxy.ts` to the page; never from or to a browser. */
export const accessTokenHeader = 'x-access-token';
