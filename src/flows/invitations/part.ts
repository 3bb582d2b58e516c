import type { Part } from '../../access/part.ts';
import { invitationMail } from './invitation-mail.ts';
import { addInvitationRoutes } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    invitation_accepted: true;
  }
}

declare module '../../domain/outbox/mail-row.ts' {
  interface MailKinds {
    invitation: true;
  }
}

declare module '../../domain/one-time-tokens/link-row.ts' {
  interface LinkPurposes {
    invitation: true;
  }
}

export const invitations: Part = {
  routes: addInvitationRoutes,
  mails: { invitation: invitationMail },
  auditEvents: {
    invitation_accepted: 'Who was invited has the account; a failure means an invalid link',
  },
};
