import type { Part } from '../../access/part.ts';
import { answerResetRequest, forgotLimit } from './request-password-reset.ts';
import { firstPasswordMail, passwordResetMail, testMail } from './reset-mails.ts';
import { addPasswordResetRoutes } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    password_reset_requested: true;
    password_reset: true;
    test_mail_sent: true;
  }
}

declare module '../../domain/outbox/mail-row.ts' {
  interface MailKinds {
    password_reset: true;
    first_password: true;
    test: true;
  }
}

declare module '../../domain/one-time-tokens/link-row.ts' {
  interface LinkPurposes {
    password_reset: true;
  }
}

declare module '../../platform/jobs/job-queue.ts' {
  interface JobPayloads {
    'password-reset-requests': { email: string };
  }
}

export const passwordReset: Part = {
  routes: addPasswordResetRoutes,
  throttles: [forgotLimit],
  mails: { password_reset: passwordResetMail, first_password: firstPasswordMail, test: testMail },
  jobs: (deps) => ({ 'password-reset-requests': ({ email }) => answerResetRequest(deps, email) }),
  auditEvents: {
    password_reset_requested: 'A reset link was requested and mailed to the owner of the address',
    password_reset: 'A password was set with a reset link; a failure means an invalid link',
    test_mail_sent: 'An admin sent a test mail',
  },
};
