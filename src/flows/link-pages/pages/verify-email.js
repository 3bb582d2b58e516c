import { confirmLink } from './confirm-link.js';

confirmLink('/api/users/verify-email', 'Sign in to request a new one.');
