import { hex, parseColour, readableOn, white } from '../../platform/html/colour.ts';
import type { Dependencies } from '../dependencies.ts';
import { findLink, type Link } from '../one-time-tokens/link-store.ts';
import { linkCode, linkToken } from '../one-time-tokens/link-token.ts';
import { composeMessage, describeLife, type Message } from './compose-message.ts';
import { logoAddress, mailLogo } from './mail-logo.ts';
import type { Mail } from './mail-store.ts';
import type { MailContext, MailTexts } from './mail-text.ts';

/** `logo` is attached; the HTML refers to it. */
type WrittenMail = Message & { logo?: Buffer };

/** The mail cannot be composed, now or later. */
export class MailNotWrittenError extends Error {}

type Composing = Pick<Dependencies, 'config'> & { mailTexts: MailTexts };

/**
 * Composes a mail. The link is made only here, and always leads to `FRONTEND_URL`. Null if the link
 * is no longer open or its secret is retired. Throws `MailNotWrittenError` if the mail cannot be
 * composed, e.g. a kind that this version does not know.
 */
export async function writeMail(
  { db, keys, ...composing }: Pick<Dependencies, 'db' | 'keys'> & Composing,
  mail: Mail,
): Promise<WrittenMail | null> {
  const link = mail.link_id && (await findLink(db, mail.link_id));
  const secret = link && keys.find(link.key_id);
  if (mail.link_id !== null && (!link?.is_open || !secret)) return null;
  const logo = mailLogo(composing.config);
  const made =
    link && secret ? { token: linkToken(link, secret), code: linkCode(link, secret) } : nothing;
  const message = compose(composing, mail, { link, ...made, logo: logo && logoAddress });
  return { ...message, ...(logo && { logo }) };
}

export type MailPreview = {
  /** Null if this version cannot compose it. */
  message: Message | null;
  /** Null if the mail has none. */
  link: 'open' | 'ended' | null;
};

/**
 * The mail as an admin may see it. In place of its token the link has a word: who reads the mails
 * of others must not get into their accounts. There is no key here that could make the token.
 */
export async function previewMail(
  { db, ...composing }: Pick<Dependencies, 'db'> & Composing,
  mail: Mail,
): Promise<MailPreview> {
  const link = mail.link_id && (await findLink(db, mail.link_id));
  const state = link?.is_open ? 'open' : 'ended';
  return {
    message: tryCompose(composing, mail, link),
    link: mail.link_id === null ? null : state,
  };
}

function tryCompose(composing: Composing, mail: Mail, link: Link | null): Message | null {
  try {
    const made = mail.link_id === null ? nothing : { token: 'hidden', code: '••••••••' };
    return compose(composing, mail, { link, ...made, logo: null });
  } catch (error) {
    if (error instanceof MailNotWrittenError) return null;
    throw error;
  }
}

const nothing = { token: null, code: null };

type Parts = { link: Link | null; token: string | null; code: string | null; logo: string | null };

function compose(
  { config, mailTexts }: Composing,
  mail: Mail,
  { link, token, code, logo }: Parts,
): Message {
  const text = mailTexts[mail.kind];
  if (text === undefined)
    throw new MailNotWrittenError(`there is no text for mails of kind ${mail.kind}`);
  const context: MailContext = {
    projectName: config.projectName,
    ...(logo !== null && { logo }),
    ...accentOf(config),
    // In the fragment, which is in no server log and no Referer header.
    link: token && `${config.frontendUrl}/${text.page}#token=${token}`,
    code: text.hasCode && code ? `${code.slice(0, 4)} ${code.slice(4)}` : null,
    linkLife: link && describeLife((link.expires_at.getTime() - link.created_at.getTime()) / 1000),
    occurredAt: mail.created_at,
    device: mail.device,
    ip: mail.ip,
  };
  try {
    return composeMessage(text, context);
  } catch (cause) {
    throw new MailNotWrittenError('the mail could not be composed', { cause });
  }
}

/** Mails are light, whatever the theme of the reader. */
function accentOf({ branding: { accent } }: Dependencies['config']): Pick<MailContext, 'accent'> {
  return accent === undefined ? {} : { accent: hex(readableOn(white, parseColour(accent))) };
}
