import { button, type MailText } from '../../domain/outbox/mail-text.ts';

export const invitationMail: MailText = {
  page: 'invitation',
  write: ({ link, linkLife }) => ({
    title: 'You are invited',
    paragraphs: [
      'An administrator of this service invites you to an account with this address. Accept to use it.',
    ],
    ...button('Accept the invitation', link),
    notes: [
      `The link works once, for ${linkLife ?? 'a short time'}. If it has expired, ask for a new one.`,
      'Accepting also confirms that this address is yours.',
      'If you expected no invitation, you can ignore this mail: nobody can accept it without the link.',
    ],
  }),
};
