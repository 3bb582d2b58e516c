import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';

/** Somebody with an account at the test provider. */
export type Person = {
  sub: string;
  email?: string;
  email_verified?: boolean | string;
  name?: string;
  preferred_username?: string;
};

/** The page of the provider that asks who is there; null while it is being shown. */
export async function personPage(
  { request, response }: { request: IncomingMessage; response: ServerResponse },
  people: readonly Person[],
): Promise<Person | 'refused' | null> {
  if (request.method === 'POST') {
    const form = new URLSearchParams(await text(request));
    const sub = form.get('sub') ?? '';
    const known = people.find((person) => person.sub === sub);
    if (sub === '') return 'refused';
    return known ?? { sub, email: `${sub}@example.net`, email_verified: true, name: sub };
  }
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
  response.end(page(people));
  return null;
}

function page(people: readonly Person[]): string {
  const buttons = people.map(
    ({ sub, email = 'no address' }) =>
      `<p><button name="sub" value="${sub}">${sub} (${email})</button></p>`,
  );
  return `<!doctype html><html lang="en"><title>Test provider</title>
<link rel="icon" href="data:,">
<body style="font: 1rem/1.5 system-ui; max-width: 30rem; margin: 10vh auto">
<h1>Test provider</h1><p>Who are you?</p><form method="post">${buttons.join('')}
<p><button name="sub" value="">Refuse</button></p></form></body></html>`;
}
