import type { Content } from './layout.ts';
import type { MailKind } from './mail-row.ts';

/** What a text may use. */
export type MailContext = {
  projectName: string;
  link: string | null;
  /** How long the link is good, in words. */
  linkLife: string | null;
  occurredAt: Date;
  /** Both from us: a kind of device of a closed list, and an address in its canonical form. */
  device: string | null;
  ip: string | null;
};

/**
 * The words of a kind of mail. No name, no address and nothing else that a person chose is in them: what somebody
 * registers with would otherwise be read in our name, by whoever gets the mail.
 */
export type MailText = {
  /** The page below `FRONTEND_URL` that its link leads to; none where it has no link. */
  page?: string;
  write: (context: MailContext) => Content;
};

export type MailTexts = Partial<Record<MailKind, MailText>>;

/** The one button of a mail; none where its link is null. */
export function button(label: string, link: string | null): Pick<Content, 'link'> {
  return link === null ? {} : { link: { label, address: link } };
}

/** `24 November 2026 at 16:05 UTC` */
export function when(time: Date): string {
  const date = time.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return `${date} at ${time.toISOString().slice(11, 16)} UTC`;
}
