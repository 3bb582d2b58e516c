import type { Content } from './layout.ts';
import type { MailKind } from './mail-row.ts';

/** The values that a text may use. */
export type MailContext = {
  projectName: string;
  /** The colour of buttons and links, `#rrggbb`; not of the text. */
  accent?: string;
  /** Of the logo, where there is one. */
  logo?: string;
  link: string | null;
  /** What can be typed in place of the link, in two halves; null where the text shows none. */
  code: string | null;
  /** How long the link is valid, in words. */
  linkLife: string | null;
  occurredAt: Date;
  /** Never client input: a device from a closed list, and an address in canonical form. */
  device: string | null;
  ip: string | null;
};

/** A mail's text. No user input: a name could be an attacker's message to the victim. */
export type MailText = {
  /** The page below `FRONTEND_URL` that the link leads to, if there is a link. */
  page?: string;
  /** Whether the link has a code, which the text shows. */
  hasCode?: boolean;
  write: (context: MailContext) => Content;
};

export type MailTexts = Partial<Record<MailKind, MailText>>;

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
