/** A process that erases what is due, as the clean-up of the service does, and then ends. */
import { assembly } from '../../src/app.ts';
import { eraseDueAccounts } from '../../src/flows/account-deletion/erase-accounts.ts';
import { openService } from './bare-service.ts';

const service = await openService();
process.stdout.write('erasing\n');
await eraseDueAccounts({ ...service.deps, ...assembly });
await service.close();
