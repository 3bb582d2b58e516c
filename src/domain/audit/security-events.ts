import type { Outcome } from '../../platform/database/tables.ts';
import type { Party } from '../realms/realms.ts';

/** The closed list of what is recorded (security.md, case M04), each with the meaning of its outcomes. */
export const securityEvents = {
  account_registered: 'An account was made, by its owner, a superadmin or the set-up token',
  sign_in: 'A session was opened; for a failure, `reason` says why it was not',
  sign_out: 'A session was ended by its refresh token',
  sign_out_everywhere: 'All sessions were ended by their owner',
  session_revoked: 'One session was ended by its owner',
  refresh_token_reused:
    'A spent refresh token came back, which a thief or its victim sends: the session is ended',
  password_check: 'Somebody who is signed in typed a wrong current password',
  password_changed: 'The owner set a new password',
  password_reset_requested: 'A reset link was mailed to the owner of the address that somebody typed',
  password_reset: 'A password was set through a reset link; a failure had no good link',
  email_verified: 'The owner of the address confirmed it; a failure had no good link',
  email_changed: 'The address was changed',
  email_change_undone:
    'A change of the address was undone by the link in its notice; a failure had no good link',
  email_reverted:
    'The last verified address is back: somebody else claimed the unverified one, or a password was reset through ' +
    'the verified one; `reason` says which',
  profile_changed: 'The owner changed own data; `fields` says which',
  access_denied: 'The caller was not allowed to: 403',
  limit_exceeded: 'A limit refused for the first time in its window; `policy` says which',
  user_changed: 'An admin changed a user; `fields` says what',
  user_deactivated: 'An admin deactivated a user',
  user_reactivated: 'An admin reactivated a user',
  user_sessions_revoked: 'An admin ended all sessions of a user',
  password_reset_sent: 'An admin had a reset link mailed to a user',
  admin_changed: 'A superadmin changed an admin; `fields` says what',
  admin_deactivated: 'A superadmin deactivated an admin',
  admin_reactivated: 'A superadmin reactivated an admin',
  mail_requeued: 'An admin queued a dead mail again',
  test_mail_sent: 'An admin had a test mail sent',
} as const;

export type SecurityEventName = keyof typeof securityEvents;

export const securityEventNames = Object.keys(securityEvents) as SecurityEventName[];

/** What an event may say beside its parties: words of our own and ids, nothing that anybody typed. */
type EventDetails = {
  reason?: string;
  policy?: string;
  fields?: string[];
  session_id?: string;
  mail_id?: string;
  route?: string;
};

export type SecurityEvent = {
  event: SecurityEventName;
  /** `success` where it is left out. `failure`: it was tried and not done; `denied`: it was not allowed. */
  outcome?: Outcome;
  /** To whom it happened; none where it is not known. */
  subject?: Party | null;
  /** Who did it; the subject where it is left out. */
  actor?: Party | null;
  details?: EventDetails;
};
