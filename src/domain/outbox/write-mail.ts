import type { Dependencies } from '../dependencies.ts';
import { findLink } from '../one-time-tokens/link-store.ts';
import { linkToken } from '../one-time-tokens/link-token.ts';
import { composeMessage, describeLife } from './compose-message.ts';
import type { Mail } from './mail-store.ts';
import type { MailContext, MailText, MailTexts } from './mail-text.ts';

type Message = ReturnType<typeof composeMessage>;

/** The words of a mail cannot be made, now or later. */
export class MailNotWrittenError extends Error {}

/**
 * The mail as it is to be read. Its link is made here, when it is needed, and leads to `FRONTEND_URL` alone. Null
 * where the link has ended since, or the secret that made it is retired; throws
 * `MailNotWrittenError` for what this version has no words for.
 */
export async function writeMail(
  { db, keys, config, mailTexts }: Pick<Dependencies, 'db' | 'keys' | 'config'> & { mailTexts: MailTexts },
  mail: Mail,
): Promise<Message | null> {
  const link = mail.link_id && (await findLink(db, mail.link_id));
  const secret = link && keys.find(link.key_id);
  if (mail.link_id !== null && (!link?.is_open || !secret)) return null;
  const text = mailTexts[mail.kind];
  if (text === undefined) throw new MailNotWrittenError(`no part has a text for ${mail.kind}`);
  return compose(text, {
    projectName: config.projectName,
    // In the fragment: it is in no log and in no Referer.
    link: link && secret ? `${config.frontendUrl}/${text.page}#token=${linkToken(link, secret)}` : null,
    linkLife: link && describeLife((link.expires_at.getTime() - link.created_at.getTime()) / 1000),
    occurredAt: mail.created_at,
    device: mail.device,
    ip: mail.ip,
  });
}

function compose(text: MailText, context: MailContext): Message {
  try {
    return composeMessage(text, context);
  } catch (cause) {
    throw new MailNotWrittenError('the mail cannot be written', { cause });
  }
}
