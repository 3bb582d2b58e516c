import { z } from 'zod';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { mailSchema, presentMail } from '../../domain/outbox/mail-list.ts';
import { findMail } from '../../domain/outbox/mail-store.ts';
import { previewMail } from '../../domain/outbox/write-mail.ts';
import { notFound } from '../../platform/errors.ts';

export const mailDetailSchema = mailSchema
  .extend({
    link: z
      .enum(['open', 'ended'])
      .nullable()
      .describe('Whether its one-time link still works; null if it has none'),
    message: z
      .object({
        subject: z.string().max(500),
        text: z.string().max(20_000),
        html: z.string().max(50_000),
      })
      .nullable()
      .describe(
        'As it is sent, but for the token of its link, which no admin sees; null if this version cannot compose it',
      ),
  })
  .meta({ id: 'MailDetail' });

/** Throws 404. */
export async function readMail(
  deps: Pick<RouteDependencies, 'db' | 'config' | 'mailTexts'>,
  id: string,
): Promise<z.output<typeof mailDetailSchema>> {
  const mail = await findMail(deps.db, id);
  if (mail === null) throw notFound('Mail not found');
  return { ...presentMail(mail), ...(await previewMail(deps, mail)) };
}
