import type { MailKind } from '../../../platform/database/tables.ts';
import { type Content, layOutHtml, layOutText } from './layout.ts';

export type MessageInput = {
  kind: MailKind;
  projectName: string;
  link: string | null;
  /** How long the link is good, in words. */
  linkLife: string | null;
  occurredAt: Date;
  /** Both from us: a kind of device of a closed list, and an address in its canonical form. */
  device: string | null;
  ip: string | null;
};

export type Message = { subject: string; text: string; html: string };

/**
 * A mail's words. No name, no address and nothing else that a person chose is in them: what somebody registers with
 * would otherwise be read in our name, by whoever gets the mail.
 */
export function composeMessage(input: MessageInput): Message {
  const content = contents[input.kind](input);
  const { projectName } = input;
  return {
    subject: `${content.title} – ${projectName}`,
    text: layOutText(content, projectName),
    html: layOutHtml(content, projectName),
  };
}

/** `1800` → `30 minutes`. */
export function describeLife(seconds: number): string {
  const units: [number, string][] = [
    [24 * 60 * 60, 'days'],
    [60 * 60, 'hours'],
    [60, 'minutes'],
  ];
  const [unit, name] = units.find(([size]) => seconds >= 2 * size && seconds % size < 1) ?? [60, 'minutes'];
  return `${Math.round(seconds / unit)} ${name}`;
}

const contents: Record<MailKind, (input: MessageInput) => Content> = {
  password_reset: ({ link, linkLife }) => ({
    title: 'Set a new password',
    paragraphs: ['Somebody, hopefully you, asked for a link to set a new password for your account.'],
    ...button('Set a new password', link),
    notes: [
      `The link works once, for ${linkLife ?? 'a short time'}. It signs out every device that is signed in.`,
      'If it was not you, there is nothing to do: without this mail nobody can use the link.',
    ],
  }),
  email_verification: ({ link, linkLife }) => ({
    title: 'Confirm your email address',
    paragraphs: ['Please confirm that this address is yours, so that we can reach you when it matters.'],
    ...button('Confirm my address', link),
    notes: [
      `The link works once, for ${linkLife ?? 'a short time'}.`,
      'If you have no account with us, somebody mistyped an address. You can ignore this mail.',
    ],
  }),
  password_changed: ({ occurredAt }) => ({
    title: 'Your password was changed',
    paragraphs: [`The password of your account was changed on ${when(occurredAt)}.`],
    notes: ['If it was you, all is well. If not, set a new password at once with “Forgot password”.'],
  }),
  email_changed: ({ link, linkLife, occurredAt }) => ({
    title: 'Your email address was changed',
    paragraphs: [
      `The email address of your account was changed on ${when(occurredAt)}. This address no longer belongs to it.`,
      'If it was you, all is well.',
    ],
    ...(link === null ? {} : button('It was not me: undo it', link)),
    notes: [
      link === null
        ? 'If it was not you, tell the people who run this service at once.'
        : `The link works once, for ${linkLife ?? 'a short time'}. It puts this address back, signs out every device and lets you set a new password.`,
    ],
  }),
  email_reverted: ({ occurredAt }) => ({
    title: 'This is your email address again',
    paragraphs: [
      `On ${when(occurredAt)} somebody else claimed the email address that you had changed to and not confirmed. Your account has this address again, with the same password.`,
    ],
    notes: [
      'If you did not change your email address, somebody knows your password: set a new one at once with “Forgot password”.',
    ],
  }),
  new_sign_in: ({ occurredAt, device, ip }) => ({
    title: 'New sign-in to your account',
    paragraphs: ['Your account was just signed in to from a device or a place that we have not seen before.'],
    facts: [
      ['When', when(occurredAt)],
      ['Device', device ?? 'unknown'],
      ['IP address', ip ?? 'unknown'],
    ],
    notes: [
      'If it was you, all is well. If not, change your password at once: that signs out everybody else.',
    ],
  }),
  refresh_token_reused: ({ occurredAt }) => ({
    title: 'A sign-in was ended for your safety',
    paragraphs: [
      `On ${when(occurredAt)} something that only your device should have was used a second time. Somebody may have copied it, so we signed that device out.`,
    ],
    notes: [
      'Sign in again to go on. If you use a device that others can use as well, or if this happens again, change your password.',
    ],
  }),
  test: ({ occurredAt }) => ({
    title: 'Test mail',
    paragraphs: [`Mail works. An admin asked for this one on ${when(occurredAt)}.`],
    notes: ['There is nothing to do.'],
  }),
};

function button(label: string, link: string | null): Pick<Content, 'link'> {
  return link === null ? {} : { link: { label, address: link } };
}

function when(time: Date): string {
  const date = time.toLocaleDateString('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return `${date} at ${time.toISOString().slice(11, 16)} UTC`;
}
