import type { Part } from '../../access/part.ts';
import { addMailboxRoutes } from './mailbox-routes.ts';

export const mailbox: Part = {
  routes: addMailboxRoutes,
};
