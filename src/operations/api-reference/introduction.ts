/** JavaScript that derives the idempotency key of a refresh from its token. */
const idempotencyRecipe = `const bytes = new TextEncoder().encode(refreshToken);
const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
const key = Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');`;

/** The introduction of the API document; CommonMark. */
export const introduction = `Accounts of users and admins: registration, sign-in, sessions, profiles. Sign in, send the \`access_token\` as \`Authorization: Bearer\`, and exchange the \`refresh_token\` for new tokens before it expires. Each refresh token works once.

## Refreshing

A refresh token becomes invalid when it is used, and a second use is treated as theft. Send the hash of the token as \`Idempotency-Key\`: for 60 seconds, a refresh that is repeated or sent by two tabs at once then gets the same new tokens.

\`\`\`js
${idempotencyRecipe}
await fetch('/api/users/refresh', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key },
  body: JSON.stringify({ refresh_token: refreshToken }),
});
\`\`\`

A page of the same origin can leave the refresh token to the browser instead. With \`X-Session-Mode: cookie\` it is kept in a cookie that no script can read, and refresh and logout take no body.

## Changes

A \`POST\`, \`PUT\` or \`PATCH\` with an access token takes an \`Idempotency-Key\`: for a day, the same key and request get the same answer, with \`Idempotency-Replayed: true\`, and the change is made once. Another request with the key is 422; while the first is running, 409.

What changes who can get in wants a proof of the last 15 minutes. After a 403 \`reauthentication_required\`, send one of \`details.methods\` to \`…/me/reauthenticate\`, and repeat the request.

## Errors

All errors have the same shape, and their \`request_id\` is in the log. A 422 lists all faults at once. Unknown members of a body are ignored.

Besides the documented responses, any request can get an HTTP error of the same shape: 400 if it is not a valid request, 404 or 405 for an unknown path or method, 408 if it arrives too slowly, 413, 415 or 422 if the body is too large, of another type or malformed, 417 or 431 for its headers.`;
