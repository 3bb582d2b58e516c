import type { Dependencies } from '../dependencies.ts';
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
  // Whether a device or network is new is asked of ended sessions too.
  cleanUp: [({ db }: Pick<Dependencies, 'db'>) => deleteEndedSessions(db, 30)],
  auditEvents: {
    sign_in: 'A session was opened; for a failure, `reason` says why it was not',
    sign_out: 'A session was ended by its refresh token',
    sign_out_everywhere: 'All sessions were ended by their owner',
    session_revoked: 'One session was ended by its owner',
    refresh_token_reused:
      'A spent refresh token came back, which a thief or its victim sends: the session is ended',
  },
};
