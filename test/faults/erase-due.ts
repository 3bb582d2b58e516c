/** A process that erases what is due, as the clean-up of the service does, and then ends. */
import { assembly } from '../../src/app.ts';
import { eraseDueAccounts } from '../../src/flows/account-deletion/erase-accounts.ts';
import { openDomain } from './domain-alone.ts';

const domain = await openDomain();
process.stdout.write('erasing\n');
await eraseDueAccounts({ ...domain.deps, ...assembly });
await domain.close();
