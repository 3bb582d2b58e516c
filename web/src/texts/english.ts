import { account } from './en/account.ts';
import { admin } from './en/admin.ts';
import { events, outcomes } from './en/events.ts';
import { secondFactors } from './en/second-factors.ts';
import { shared } from './en/shared.ts';

export const english = { ...shared, account, admin, events, outcomes, secondFactors };

/** What every language has to say: the compiler finds what one leaves out. */
export type Texts = typeof english;
