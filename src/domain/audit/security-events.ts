import type { Party } from '../realms/realms.ts';
import type { Outcome } from './audit-event-row.ts';

/**
 * The events that are recorded. Whoever records one adds its name here by declaration merging, and its meaning to the
 * `auditEvents` of its part.
 *
 * @public
 */
// biome-ignore lint/suspicious/noEmptyInterface: declaration merging fills it
export interface SecurityEvents {}

export type SecurityEventName = keyof SecurityEvents;

/** What an event and each of its outcomes means. */
export type AuditEvents = Partial<Record<SecurityEventName, string>>;

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
