import { confirmLink } from './confirm-link.js';

confirmLink('/api/users/undo', 'If you have lost your account, contact the operator of this service.');
