import { account } from './en/account.ts';
import { admin } from './en/admin.ts';
import { events, outcomes } from './en/events.ts';
import { shared } from './en/shared.ts';

export const english = { ...shared, account, admin, events, outcomes };

/** What every language has to say: the compiler finds what one leaves out. */
export type Texts = typeof english;
