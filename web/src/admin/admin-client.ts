import { realms } from '../session/realms.ts';

/** Calls of the console: with the admin's session. */
export const adminClient = realms.admin.client;
