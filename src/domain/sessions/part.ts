import type { Dependencies } from '../dependencies.ts';
import { sessionData } from './session-data.ts';
import { newSignInMail, refreshTokenReusedMail } from './session-mails.ts';
import { deleteEndedSessions } from './session-store.ts';

declare module '../audit/security-events.ts' {
  interface SecurityEvents {
    sign_in: true;
    sign_out: true;
    sign_out_everywhere: true;
    session_revoked: true;
    refresh_token_reused: true;
  }
}

declare module '../outbox/mail-row.ts' {
  interface MailKinds {
    new_sign_in: true;
    refresh_token_reused: true;
  }
}

export const sessions = {
  mails: { new_sign_in: newSignInMail, refresh_token_reused: refreshTokenReusedMail },
  // Ended sessions are kept, because they tell whether a device is new.
  cleanUp: [({ db }: Pick<Dependencies, 'db'>) => deleteEndedSessions(db, 30)],
  personalData: [sessionData],
  auditEvents: {
    sign_in: 'A session was opened, or not; `reason` says why it failed',
    sign_out: 'A session was ended with its refresh token',
    sign_out_everywhere: 'All sessions were ended by their owner',
    session_revoked: 'One session was ended by its owner',
    refresh_token_reused:
      'A used refresh token was presented again, by a thief or the victim; the session was ended',
  },
};
