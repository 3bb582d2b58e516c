import { z } from 'zod';
import { inBatches, type PersonalData } from '../personal-data/personal-data.ts';
import { mailSchema, presentMail } from './mail-list.ts';
import { deleteMailsOf, readMailsOf } from './mail-store.ts';

const exportedMail = mailSchema.omit({ subject: true }).extend({
  device: z.string().max(200).nullable().describe('As the mail names it'),
  ip: z.string().max(45).nullable().describe('As the mail names it'),
});

export const mailData: PersonalData = {
  tables: ['mails'],
  exported: {
    name: 'mails',
    schema: () => exportedMail,
    read: async function* (_deps, db, subject) {
      for await (const mail of inBatches(readMailsOf(db, subject))) {
        const { subject: _, ...shown } = presentMail(mail);
        yield { ...shown, device: mail.device, ip: mail.ip };
      }
    },
  },
  erase: async (deps, trx, subject) => deps.jobs.forget(trx, await deleteMailsOf(trx, subject)),
};
