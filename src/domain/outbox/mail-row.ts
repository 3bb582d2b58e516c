import type { Generated } from 'kysely';
import type { RealmKind } from '../realms/realms.ts';

declare module '../../platform/database/database.ts' {
  interface Tables {
    mails: MailRow;
  }
}

/**
 * The kinds of mail. A part that sends one adds it here by declaration merging, and its text to its
 * `mails`.
 *
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface MailKinds {}

export type MailKind = keyof MailKinds;

export type MailStatus = 'queued' | 'sent' | 'kept' | 'dead';

export type MailRow = {
  id: string;
  kind: MailKind;
  subject_kind: RealmKind | null;
  subject_id: string | null;
  recipient: string;
  link_id: Buffer | null;
  device: string | null;
  ip: string | null;
  status: Generated<MailStatus>;
  attempts: Generated<number>;
  last_error: string | null;
  created_at: Date;
  expires_at: Date;
  finished_at: Date | null;
};
