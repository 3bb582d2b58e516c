import type { Generated } from 'kysely';

declare module '../../platform/database/database.ts' {
  interface Tables {
    links: LinkRow;
  }
}

/**
 * What links are for. Each flow adds its purpose here by declaration merging.
 *
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface LinkPurposes {}

export type LinkPurpose = keyof LinkPurposes;

export type LinkRow = {
  id: Buffer;
  purpose: LinkPurpose;
  subject_id: string;
  email: string;
  password_version: number;
  key_id: string;
  token_hash: Buffer;
  created_at: Date;
  expires_at: Date;
  ended_at: Date | null;
  end_reason: string | null;
  /** Of the secret of who asked for a link with a code. */
  request_hash: Generated<Buffer | null>;
  /** Where who asked wants to be led. */
  return_to: Generated<string | null>;
};
