import type { Dependencies } from '../dependencies.ts';
import type { LinkPurpose } from '../../platform/database/tables.ts';
import { findLink } from '../one-time-tokens/link-store.ts';
import { linkToken } from '../one-time-tokens/link-token.ts';
import type { Mail } from './mail-store.ts';
import { composeMessage, describeLife } from './messages/compose-message.ts';

type Message = ReturnType<typeof composeMessage>;

const pages: Record<LinkPurpose, string> = {
  password_reset: 'reset-password',
  email_verification: 'verify-email',
  email_change_undo: 'undo',
};

/** The words of a mail cannot be made, now or later. */
export class MailNotWrittenError extends Error {}

/**
 * The mail as it is to be read. Its link is made here, when it is needed, and leads to `FRONTEND_URL` alone. Null
 * where the link has ended since, or the secret that made it is retired; throws
 * `MailNotWrittenError` for what this version has no words for.
 */
export async function writeMail(
  { db, keys, config }: Pick<Dependencies, 'db' | 'keys' | 'config'>,
  mail: Mail,
): Promise<Message | null> {
  const link = mail.link_id && (await findLink(db, mail.link_id));
  const secret = link && keys.find(link.key_id);
  if (mail.link_id !== null && (!link?.is_open || !secret)) return null;
  return compose({
    kind: mail.kind,
    projectName: config.projectName,
    // In the fragment: it is in no log and in no Referer.
    link:
      link && secret ? `${config.frontendUrl}/${pages[link.purpose]}#token=${linkToken(link, secret)}` : null,
    linkLife: link && describeLife((link.expires_at.getTime() - link.created_at.getTime()) / 1000),
    occurredAt: mail.created_at,
    device: mail.device,
    ip: mail.ip,
  });
}

function compose(input: Parameters<typeof composeMessage>[0]): Message {
  try {
    return composeMessage(input);
  } catch (cause) {
    throw new MailNotWrittenError('the mail cannot be written', { cause });
  }
}
