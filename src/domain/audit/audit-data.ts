import { inBatches, type PersonalData } from '../personal-data/personal-data.ts';
import { auditEventSchema, presentOwnEvent } from './audit-list.ts';
import { erasePlacesOf, type PositionedEvent, readAuditEvents } from './audit-store.ts';
import type { AuditEvents } from './security-events.ts';

export const auditData: PersonalData<{ auditEvents: AuditEvents }> = {
  tables: ['audit_events'],
  exported: {
    name: 'security_events',
    schema: ({ auditEvents }) => auditEventSchema(auditEvents),
    read: async function* (_deps, db, { id }) {
      const readAfter = (last: PositionedEvent | undefined, limit: number) => {
        const after = last === undefined ? null : { time: last.cursor_time, id: last.id };
        return readAuditEvents(db, { subject: id }, { after, limit, offset: 0 });
      };
      for await (const event of inBatches(readAfter)) yield presentOwnEvent(event);
    },
  },
  erase: (_deps, trx, subject) => erasePlacesOf(trx, subject),
};
