import type { Part } from '../../access/part.ts';
import { codeTries } from './find-shown-link.ts';
import { answerSignInRequest, emailSignInLimit, type SignInRequest } from './request-sign-in.ts';
import { addEmailSignInRoutes } from './routes.ts';
import { emailSignInMail, firstSignInMail } from './sign-in-mail.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    email_sign_in_requested: true;
  }
}

declare module '../../domain/outbox/mail-row.ts' {
  interface MailKinds {
    email_sign_in: true;
    first_sign_in: true;
  }
}

declare module '../../domain/one-time-tokens/link-row.ts' {
  interface LinkPurposes {
    email_sign_in: true;
  }
}

declare module '../../platform/jobs/job-queue.ts' {
  interface JobPayloads {
    'email-sign-in-requests': SignInRequest;
  }
}

export const emailSignIn: Part = {
  routes: addEmailSignInRoutes,
  throttles: [emailSignInLimit, codeTries],
  mails: { email_sign_in: emailSignInMail, first_sign_in: firstSignInMail },
  jobs: (deps) => ({
    'email-sign-in-requests': (request) => answerSignInRequest(deps, request),
  }),
  auditEvents: {
    email_sign_in_requested:
      'A mail to sign in was asked for, and was sent to the owner of the address',
  },
};
