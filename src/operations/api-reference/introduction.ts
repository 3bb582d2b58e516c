/** The lines of JavaScript that make the key of a refresh out of its token. */
const idempotencyRecipe = `const bytes = new TextEncoder().encode(refreshToken);
const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const key = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');`;

/** What a reader of the API's document has to know before the first operation; CommonMark. */
export const introduction = `Accounts of users and admins: registration, sign-in, sessions, profiles. Sign in, send the \`access_token\` as \`Authorization: Bearer\`, and change the \`refresh_token\` for new ones before it ends; each works once.

## Refreshing

A refresh token is dead once it is used, and a second use of it looks like a theft. Send the hash of the token as \`Idempotency-Key\`, and a refresh that is repeated, or sent by two tabs at the same moment, gets the same new tokens for 60 seconds:

\`\`\`js
${idempotencyRecipe}
await fetch('/api/users/refresh', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
  body: JSON.stringify({ refresh_token: refreshToken }),
});
\`\`\`

A page of the same origin can leave the refresh token to the browser instead: with \`X-Session-Mode: cookie\` it travels in a cookie that no script can read, and refresh and logout take no body.

## Errors

Every error has one shape, and its \`request_id\` is in the log. A 422 names all faults at once. Members of a body that are not named here are ignored.

Beside the answers that an operation names, HTTP itself can have one, in the same shape: 400 for what is no valid request, 404 and 405 for a path or a method that is not there, 408 for one that comes too slowly, 413, 415 and 422 for a body that is too large, of another type or malformed, 417 and 431 for headers.`;
