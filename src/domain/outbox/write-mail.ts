import { hex, parseColour, readableOn, white } from '../../platform/html/colour.ts';
import type { Dependencies } from '../dependencies.ts';
import { findLink } from '../one-time-tokens/link-store.ts';
import { linkToken } from '../one-time-tokens/link-token.ts';
import { composeMessage, describeLife } from './compose-message.ts';
import { logoAddress, mailLogo } from './mail-logo.ts';
import type { Mail } from './mail-store.ts';
import type { MailContext, MailText, MailTexts } from './mail-text.ts';

type Message = ReturnType<typeof composeMessage> & { logo?: Buffer };

/** The mail cannot be composed, now or later. */
export class MailNotWrittenError extends Error {}

/**
 * Composes a mail. The link is made only here, and always leads to `FRONTEND_URL`. Null if the link
 * is no longer open or its secret is retired. Throws `MailNotWrittenError` if the mail cannot be
 * composed, e.g. a kind that this version does not know.
 */
export async function writeMail(
  {
    db,
    keys,
    config,
    mailTexts,
  }: Pick<Dependencies, 'db' | 'keys' | 'config'> & { mailTexts: MailTexts },
  mail: Mail,
): Promise<Message | null> {
  const link = mail.link_id && (await findLink(db, mail.link_id));
  const secret = link && keys.find(link.key_id);
  if (mail.link_id !== null && (!link?.is_open || !secret)) return null;
  const text = mailTexts[mail.kind];
  if (text === undefined)
    throw new MailNotWrittenError(`there is no text for mails of kind ${mail.kind}`);
  const logo = mailLogo(config);
  const message = compose(text, {
    projectName: config.projectName,
    ...(logo && { logo: logoAddress }),
    ...accentOf(config),
    // In the fragment, which is in no server log and no Referer header.
    link:
      link && secret ? `${config.frontendUrl}/${text.page}#token=${linkToken(link, secret)}` : null,
    linkLife: link && describeLife((link.expires_at.getTime() - link.created_at.getTime()) / 1000),
    occurredAt: mail.created_at,
    device: mail.device,
    ip: mail.ip,
  });
  return { ...message, ...(logo && { logo }) };
}

/** Mails are light, whatever the theme of the reader. */
function accentOf({ branding: { accent } }: Dependencies['config']): Pick<MailContext, 'accent'> {
  return accent === undefined ? {} : { accent: hex(readableOn(white, parseColour(accent))) };
}

function compose(text: MailText, context: MailContext): ReturnType<typeof composeMessage> {
  try {
    return composeMessage(text, context);
  } catch (cause) {
    throw new MailNotWrittenError('the mail could not be composed', { cause });
  }
}
