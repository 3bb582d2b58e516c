import type { Dependencies } from '../dependencies.ts';
import { deliverMail } from './deliver-mail.ts';
import { mailData } from './mail-data.ts';
import { buryExpiredMails, deleteMailsFinishedBefore } from './mail-store.ts';
import { mailRecipient } from './queue-mail.ts';

declare module '../../platform/jobs/job-queue.ts' {
  interface JobPayloads {
    mails: { mailId: string };
  }
}

export const outbox = {
  throttles: [mailRecipient],
  personalData: [mailData],
  jobs: (deps: Parameters<typeof deliverMail>[0]) => ({
    mails: ({ mailId }: { mailId: string }) => deliverMail(deps, mailId),
  }),
  cleanUp: [
    reportExpiredMails,
    ({ db }: Pick<Dependencies, 'db'>) => deleteMailsFinishedBefore(db, 30),
  ],
};

async function reportExpiredMails({
  db,
  logger,
}: Pick<Dependencies, 'db' | 'logger'>): Promise<void> {
  const buried = await buryExpiredMails(db);
  if (buried > 0)
    logger.error({ count: buried }, 'Mails are dead: they expired before they could be sent');
}
