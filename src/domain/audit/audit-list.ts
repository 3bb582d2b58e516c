import { z } from 'zod';
import type { Database } from '../../platform/database/database.ts';
import { encodeCursor, type PageQuery, pageQuery } from '../../platform/http/paging.ts';
import { instant, timestamp, uuid } from '../../platform/http/schemas.ts';
import { listPage } from '../../platform/lists/list-page.ts';
import { partySchema } from '../realms/party-schema.ts';
import type { AuditEvent } from './audit-event-row.ts';
import { auditListing, type EventFilter } from './audit-store.ts';
import type { AuditEvents, SecurityEventName } from './security-events.ts';

const words = z.string().max(200);

const eventNames = (events: AuditEvents) => z.enum(Object.keys(events) as SecurityEventName[]);

const schemas = new WeakMap<AuditEvents, ReturnType<typeof describeEvent>>();

/** An event in responses. The same object each time: the API's document has one `AuditEvent`. */
export function auditEventSchema(events: AuditEvents): ReturnType<typeof describeEvent> {
  const schema = schemas.get(events) ?? describeEvent(events);
  schemas.set(events, schema);
  return schema;
}

const describeEvent = (events: AuditEvents) =>
  z
    .object({
      id: uuid,
      occurred_at: timestamp,
      event: eventNames(events).describe(
        Object.entries(events)
          .map(([name, meaning]) => `\`${name}\`: ${meaning}.`)
          .join(' '),
      ),
      outcome: z.enum(['success', 'failure', 'denied']),
      actor: partySchema.nullable().describe('Who did it; null if unknown'),
      subject: partySchema.nullable().describe('The account that it happened to'),
      ip: z.string().max(45).nullable(),
      request_id: z.guid().nullable().describe('The same as in the response and the log'),
      details: z.object({
        reason: words.optional(),
        policy: words.optional().describe('The limit that was exceeded'),
        fields: z.array(words).max(20).optional().describe('The names of the changed fields'),
        session_id: uuid.optional(),
        mail_id: uuid.optional(),
        route: words.optional(),
        import_id: uuid.optional(),
        count: z.int().min(0).optional().describe('How many accounts, or entries of the chain'),
        via: z
          .literal('command_line')
          .optional()
          .describe('Done on the command line, by no account'),
      }),
    })
    .meta({ id: 'AuditEvent' });

export const ownEventsQuery = pageQuery(
  encodeCursor(
    '-occurred_at',
    '2026-01-31T09:26:03.114000Z',
    '01890a5d-ac96-774b-bcce-b302099a8057',
  ),
);

export const auditQuery = (events: AuditEvents) =>
  ownEventsQuery.extend({
    actor: uuid.optional().describe('Who did it'),
    subject: uuid.optional().describe('The account that it happened to'),
    event: eventNames(events).optional(),
    from: instant.optional().describe('At or after this time'),
    to: instant.optional().describe('Before this time'),
  });

type PresentedEvent = z.output<ReturnType<typeof auditEventSchema>>;

export function listEvents(db: Database, filter: EventFilter, query: PageQuery) {
  return listPage(db, auditListing(filter), query, presentEvent);
}

/** For the subject. Hides where an admin, or a stranger who claimed the address, acted from. */
export function listOwnEvents(db: Database, subject: string, query: PageQuery) {
  return listPage(db, auditListing({ subject }), query, presentOwnEvent);
}

export function presentOwnEvent(row: AuditEvent): PresentedEvent {
  const event = presentEvent(row);
  const isElsewhere =
    event.actor?.kind === 'admin' || (event.event === 'email_reverted' && !event.actor);
  return isElsewhere ? { ...event, ip: null, request_id: null } : event;
}

function presentEvent(row: AuditEvent): PresentedEvent {
  return {
    id: row.id,
    occurred_at: row.occurred_at.toISOString(),
    event: row.event as PresentedEvent['event'],
    outcome: row.outcome,
    actor: row.actor_kind && row.actor_id ? { kind: row.actor_kind, id: row.actor_id } : null,
    subject:
      row.subject_kind && row.subject_id ? { kind: row.subject_kind, id: row.subject_id } : null,
    ip: row.ip,
    request_id: row.request_id,
    details: row.details,
  };
}
