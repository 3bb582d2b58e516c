import { account } from './de/account.ts';
import { admin } from './de/admin.ts';
import { events, outcomes } from './de/events.ts';
import { secondFactors } from './de/second-factors.ts';
import { shared } from './de/shared.ts';
import type { Texts } from './english.ts';

export const german: Texts = { ...shared, account, admin, events, outcomes, secondFactors };
