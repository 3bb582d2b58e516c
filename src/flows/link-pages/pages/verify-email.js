import { confirmLink } from './confirm-link.js';

confirmLink('/api/users/verify-email', 'Sign in to have a new one sent.');
