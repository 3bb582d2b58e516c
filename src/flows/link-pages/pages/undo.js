import { confirmLink } from './confirm-link.js';
import { part, retitle, words } from './link-token.js';

// The link of the mail says what it undoes; the service decides by the token.
const isDeletion = new URLSearchParams(window.location.search).get('of') === 'deletion';

if (isDeletion) {
  retitle(words.deletionTitle ?? '');
  part('words').textContent = words.deletionQuestion ?? '';
  part('confirm').textContent = words.deletionConfirm ?? '';
}

confirmLink('/api/users/undo', (isDeletion ? words.deletionDone : words.done) ?? '');
