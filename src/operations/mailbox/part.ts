import type { Part } from '../../access/part.ts';
import { addMailboxPage } from './mailbox-page.ts';

export const mailbox: Part = {
  routes: addMailboxPage,
};
