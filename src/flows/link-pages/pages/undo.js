import { confirmLink } from './confirm-link.js';
import { part } from './link-token.js';

// The link of the mail says what it undoes; the service decides by the token.
if (new URLSearchParams(window.location.search).get('of') === 'deletion') {
  part('title').textContent = 'Restore your account';
  part('confirm').textContent = 'Restore my account';
  part('of-email-change').hidden = true;
  part('of-deletion').hidden = false;
}

confirmLink(
  '/api/users/undo',
  'If you have lost your account, contact the operator of this service.',
);
