import { readRows } from '../../platform/lists/list-rows.ts';
import type { Position } from '../../platform/lists/order.ts';
import { inBatches, type PersonalData } from '../personal-data/personal-data.ts';
import type { AuditEvent } from './audit-event-row.ts';
import { auditEventSchema, presentOwnEvent } from './audit-list.ts';
import { auditListing, erasePlacesOf } from './audit-store.ts';
import type { AuditEvents } from './security-events.ts';

export const auditData: PersonalData<{ auditEvents: AuditEvents }> = {
  tables: ['audit_events'],
  exported: {
    name: 'security_events',
    schema: ({ auditEvents }) => auditEventSchema(auditEvents),
    read: async function* (_deps, db, { id }) {
      const listing = auditListing({ subject: id });
      const readAfter = (last: (AuditEvent & Position) | undefined, limit: number) => {
        const after = last && listing.order.beyond(last);
        return readRows(db, listing, { after, limit, offset: 0 });
      };
      for await (const event of inBatches(readAfter)) yield presentOwnEvent(event);
    },
  },
  erase: (_deps, trx, subject) => erasePlacesOf(trx, subject),
};
