import { leadOn, part } from './link-token.js';

// A reference to look up, and nothing else: who made the address could have written anything.
const given = new URLSearchParams(window.location.hash.slice(1)).get('request_id') ?? '';

if (/^[0-9a-f-]{36}$/.test(given)) {
  part('request-id').textContent = given;
  part('reference').hidden = false;
}

leadOn();
