import { z } from 'zod';
import { oneOf, variable, whole } from './config-fields.ts';

/** The mail server. */
export const smtpVariables = {
  SMTP_HOST: variable(
    z.string().optional(),
    'Host of the mail server. If unset, mails are not sent; development shows them at /app/mailbox.',
  ),
  SMTP_PORT: whole(1, 65_535, 587, 'Port of the mail server.'),
  SMTP_USER: variable(z.string().optional(), 'User name for the mail server.'),
  SMTP_PASSWORD: variable(z.string().optional(), 'Password for the mail server.'),
  SMTP_SECURITY: variable(
    oneOf(['starttls', 'tls', 'none'], 'security').prefault('starttls'),
    'Encryption of the SMTP connection: starttls, tls, or none (loopback hosts only).',
    'starttls',
  ),
  SMTP_FROM_EMAIL: variable(
    z.email('must be an e-mail address').optional(),
    'Sender address of all mails; required with SMTP_HOST.',
  ),
  SMTP_FROM_NAME: variable(
    z
      .string()
      .regex(/^[^\p{Cc}\p{Zl}\p{Zp}<>"]+$/u, 'must be plain text')
      .optional(),
    'Sender name of all mails.',
    '<PROJECT_NAME>',
  ),
};
