import type { Dependencies } from '../domain/dependencies.ts';
import { deleteAuditEventsBefore } from '../domain/audit/audit-store.ts';
import { deleteExpiredLinks } from '../domain/one-time-tokens/link-store.ts';
import { deliverMail } from '../domain/outbox/deliver-mail.ts';
import { buryExpiredMails, deleteMailsFinishedBefore } from '../domain/outbox/mail-store.ts';
import { answerResetRequest } from '../flows/password-reset/request-password-reset.ts';
import { deleteEndedSessions } from '../domain/sessions/session-store.ts';
import { allThrottlePolicies } from '../domain/throttles/throttle-policies.ts';
import { deletePastThrottles, shortenThrottles } from '../domain/throttles/throttle-store.ts';
import type { Database } from '../platform/database/database.ts';
import { runInJob } from '../platform/logging/request-context.ts';
import type { JobHandlers } from '../platform/jobs/job-queue.ts';
import type { Logger } from '../platform/logging/logger.ts';
import type { SmtpTransport } from '../platform/smtp/smtp-transport.ts';

type Deps = Dependencies & { smtp: SmtpTransport | null };

const tidyMilliseconds = 60_000;

// As long as somebody may ask what happened. Sessions that ended are asked, too, whether a device or address is new.
const keptDays = 30;

// A year: what happened to an account is asked long after.
const auditKeptDays = 365;

/** What each kind of job does. */
export function jobHandlers(deps: Deps): JobHandlers {
  return {
    'password-reset-requests': ({ email }) => answerResetRequest(deps, email),
    mails: ({ mailId }) => deliverMail(deps, mailId),
  };
}

/** Sends mail until the queue is closed, and throws away what has run out. */
export async function startBackgroundWork(deps: Deps): Promise<void> {
  await deps.jobs.work(jobHandlers(deps));
  setInterval(() => void runInJob('tidy-up', () => tidyUp(deps)), tidyMilliseconds).unref();
}

/** Throws away what has run out. Every process does it: each statement finds what the others have left. */
export async function tidyUp({
  db,
  logger,
  readiness,
}: Pick<Dependencies, 'db' | 'logger' | 'readiness'>): Promise<void> {
  if (readiness.phase !== 'serving') return;
  const steps: (() => Promise<unknown>)[] = [
    () => reportExpiredMails(db, logger),
    () => deleteMailsFinishedBefore(db, keptDays),
    () => deleteExpiredLinks(db, keptDays),
    () => deleteEndedSessions(db, keptDays),
    () => deletePastThrottles(db),
    () => shortenThrottles(db, allThrottlePolicies),
    () => deleteAuditEventsBefore(db, auditKeptDays),
  ];
  const failures: unknown[] = [];
  // One that fails keeps no other from running.
  for (const step of steps) await step().catch((error: unknown) => failures.push(error));
  if (failures.length === 0) return;
  const [err] = failures;
  logger.warn({ err }, 'What has run out could not be thrown away; it is tried again in a minute');
}

async function reportExpiredMails(db: Database, logger: Logger): Promise<void> {
  const buried = await buryExpiredMails(db);
  if (buried > 0) logger.error({ count: buried }, 'Mails are dead: they could not be sent in time');
}
