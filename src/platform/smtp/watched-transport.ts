import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outage-log.ts';
import { traced } from '../tracing/tracing.ts';
import { MailNotSentError } from './mail-not-sent.ts';
import type { SmtpTransport } from './smtp-transport.ts';

/** Outages of the mail server are in the log: one line when it goes, one when it is back. */
export function watchTransport(transport: SmtpTransport, logger: Logger): SmtpTransport {
  const outage = createOutageLog(logger, {
    dependency: 'smtp',
    away: 'smtp: does not take mails; they wait',
    back: 'smtp: takes mails again',
  });
  return {
    send: async (mail, record) => {
      try {
        await traced('smtp send', () => transport.send(mail, record));
      } catch (error) {
        if (error instanceof MailNotSentError && error.isOutage) outage.failed(error);
        throw error;
      }
      outage.succeeded();
    },
  };
}
