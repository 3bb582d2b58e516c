import { z } from 'zod';
import { version } from '../../configuration/version.ts';
import {
  countInvited,
  countRegistrationsByDay,
  countUsersByState,
} from '../../domain/accounts/account-counts.ts';
import { countSignInsByDay } from '../../domain/audit/sign-in-counts.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { readMailQueue } from '../../domain/outbox/mail-queue-state.ts';

const days = 90;
const count = z.int().min(0);
const countOfMails = count.describe('Counted up to 10,000');

export const overviewSchema = z
  .object({
    users: z
      .object({
        active: count,
        inactive: count,
        deleted: count,
        verified: count.describe('With a verified e-mail address, active or not'),
        unverified: count,
        superusers: count,
        invited: count.describe('Who have not accepted yet, counted up to 10,000'),
      })
      .describe('Deleted users are counted in `deleted` only'),
    days: z
      .array(
        z.object({
          day: z.iso.date().max(10).meta({ example: '2026-01-31' }),
          registrations: count,
          sign_ins: count,
          failed_sign_ins: count.describe('Failures under a name that nobody has included'),
        }),
      )
      .max(days)
      .describe('Of users, for the last 90 days in UTC, oldest first; the last one is today'),
    mail_queue: z.object({
      queued: countOfMails,
      retrying: countOfMails.describe('Those of `queued` that failed before; counted up to 10,000'),
      dead: countOfMails,
      oldest_queued_seconds: z.number().min(0).nullable().describe('Null if none is queued'),
    }),
    hash_queue: z
      .object({
        waiting: count,
        capacity: count.describe('How many passwords may wait before others are refused'),
      })
      .describe('Of the process that answers'),
    version: z.string().max(50),
  })
  .meta({ id: 'Overview' });

/** From counts that are kept, so that it takes the same time at any number of users. */
export async function readOverview({
  db,
  hasher,
}: Pick<Dependencies, 'db' | 'hasher'>): Promise<z.output<typeof overviewSchema>> {
  const users = { ...(await countUsersByState(db)), invited: await countInvited(db) };
  const registrations = await countRegistrationsByDay(db, days);
  const signIns = await countSignInsByDay(db, days);
  const { oldestQueuedSeconds, ...mails } = await readMailQueue(db);
  const { queued: waiting, capacity } = hasher.state;
  const registered = new Map(registrations.map((of) => [of.day, of.count]));
  return {
    users,
    days: signIns.map((day) => ({ ...day, registrations: registered.get(day.day) ?? 0 })),
    mail_queue: { ...mails, oldest_queued_seconds: oldestQueuedSeconds },
    hash_queue: { waiting, capacity },
    version,
  };
}
