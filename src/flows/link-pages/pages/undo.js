import { confirmLink } from './confirm-link.js';

confirmLink('/api/users/undo', 'If you have lost your account, ask the people who run this service.');
