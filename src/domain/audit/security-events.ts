import type { Party } from '../realms/realms.ts';
import type { Outcome } from './audit-event-row.ts';

/**
 * The recorded events. A part that records one adds its name here by declaration merging, and its
 * meaning to its `auditEvents`.
 *
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface SecurityEvents {}

export type SecurityEventName = keyof SecurityEvents;

/** The meaning of each event and its outcomes. */
export type AuditEvents = Partial<Record<SecurityEventName, string>>;

/** Details of an event: own words and ids only, never user input. */
type EventDetails = {
  reason?: string;
  policy?: string;
  /** Of a second factor, `totp` or `passkey`; or the id of a provider of sign-in. */
  kind?: string;
  fields?: string[];
  session_id?: string;
  mail_id?: string;
  route?: string;
  import_id?: string;
  count?: number;
  /** Set by `recordEvent`. */
  via?: 'command_line';
};

export type SecurityEvent = {
  event: SecurityEventName;
  /** Defaults to `success`. `failure`: it was tried and failed; `denied`: it was not allowed. */
  outcome?: Outcome;
  /** The account that it happened to; null if unknown. */
  subject?: Party | null;
  /** Who did it; defaults to the subject. */
  actor?: Party | null;
  details?: EventDetails;
};
