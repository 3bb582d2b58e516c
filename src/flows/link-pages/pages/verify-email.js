import { confirmLink } from './confirm-link.js';
import { words } from './link-token.js';

confirmLink('/api/users/verify-email', words.done ?? '');
