import { randomUUID } from 'node:crypto';
import type { Config } from '../../../configuration/config.ts';
import { MailNotSentError } from '../../../platform/smtp/mail-not-sent.ts';
import {
  createSmtpTransport,
  type SmtpSettings,
  trySmtp,
} from '../../../platform/smtp/smtp-transport.ts';
import { type Check, type Found, failed, ok, skipped, warning } from '../finding.ts';

type Options = {
  config: Pick<Config, 'smtp' | 'environment' | 'projectName'>;
  mailTo?: string | undefined;
};

/** A sign-in at the mail server as for a mail, or a real mail to the address. */
export function smtpCheck({ config, mailTo }: Options): Check {
  return {
    name: 'smtp',
    run: async () => {
      const { host, fromEmail } = config.smtp;
      if (host === undefined || fromEmail === undefined) return unset(config.environment);
      const settings = { ...config.smtp, host, fromEmail };
      const began = performance.now();
      try {
        if (mailTo === undefined) await trySmtp(settings);
        else await sendTo(mailTo, settings, config.projectName);
      } catch (error) {
        return failed(`mails cannot be sent: ${reasonOf(error)}`, adviceFor(reasonOf(error)));
      }
      const done = mailTo === undefined ? 'takes mails' : 'has accepted a mail';
      return ok(`the mail server ${done} (${Math.round(performance.now() - began)} ms)`);
    },
  };
}

function unset(environment: string): Found {
  if (environment !== 'production')
    return skipped('SMTP_HOST is not set: mails are kept, not sent');
  return warning('SMTP_HOST is not set: no mail is sent', 'Set SMTP_HOST and SMTP_FROM_EMAIL');
}

async function sendTo(to: string, settings: SmtpSettings, project: string): Promise<void> {
  const text = `A test of adl doctor: mails of ${project} arrive here.`;
  const mail = { id: randomUUID(), to, subject: `${project}: test`, text, html: `<p>${text}</p>` };
  await createSmtpTransport(settings).send(mail);
}

function reasonOf(error: unknown): string {
  return error instanceof MailNotSentError ? error.reason : 'unknown';
}

const advices: Record<string, string> = {
  'authentication refused': 'Correct SMTP_USER and SMTP_PASSWORD',
  'name not found': 'Correct SMTP_HOST, or the name server of this machine',
  'no trusted TLS':
    'Correct SMTP_SECURITY, or let the server show a certificate for SMTP_HOST; a private authority: NODE_EXTRA_CA_CERTS',
  'connection refused': 'Correct SMTP_HOST and SMTP_PORT, or start the mail server',
  timeout: 'Correct SMTP_HOST and SMTP_PORT, or let the firewall pass them',
};

function adviceFor(reason: string): string {
  return advices[reason] ?? 'The log of the mail server says why; the sender is SMTP_FROM_EMAIL';
}
