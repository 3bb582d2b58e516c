import { type RawBuilder, sql } from 'kysely';
import { z } from 'zod';
import { encodeCursor, pageQuery } from '../../platform/http/paging.ts';
import { instant, queryBoolean, text } from '../../platform/http/schemas.ts';
import type { Realm } from '../realms/realms.ts';
import { sortOrders } from './account-order.ts';
import { notDeleted } from './account-store.ts';
import { metadataParameter } from './metadata-filter.ts';

const exampleId = '01890a5d-ac96-774b-bcce-b302099a8057';

const firstPages = pageQuery(encodeCursor('-created_at', '2026-01-31T09:26:03.114000Z', exampleId));

/** The query of a list of admins. */
export const adminListQuery = firstPages.extend({
  is_active: queryBoolean,
  q: text(100)
    .optional()
    .describe(
      'Part of the username, the e-mail address or the full name, taken literally. If PostgreSQL has no `pg_trgm`, ' +
        'users are found only by their beginning',
    ),
  created_after: instant.optional().describe('Created at or after this time'),
  last_login_before: instant
    .optional()
    .describe('Last signed in before this time; not those who never did'),
  legacy_id: text(100)
    .optional()
    .describe('The id in the system that the account was imported from'),
  sort: z
    .enum([...sortOrders, ''])
    .default('-created_at')
    .transform((value) => (value === '' ? '-created_at' : value))
    .describe('A minus sorts downwards'),
});

export const userListQuery = adminListQuery.extend({
  is_email_verified: queryBoolean,
  is_invited: queryBoolean,
  deleted: queryBoolean.describe('`true` lists only deleted users, who are otherwise left out'),
  metadata: metadataParameter,
  app_metadata: metadataParameter,
});

export type ListQuery = z.output<typeof adminListQuery> & Partial<z.output<typeof userListQuery>>;

/** What the database keeps count of. */
export type CountedStates = {
  is_active?: boolean;
  is_email_verified?: boolean;
  is_deleted: boolean;
};

export function countedStatesOf({
  is_active,
  is_email_verified,
  deleted = false,
}: ListQuery): CountedStates {
  return {
    ...(is_active === undefined ? {} : { is_active }),
    ...(is_email_verified === undefined ? {} : { is_email_verified }),
    is_deleted: deleted,
  };
}

/** All conditions of a query but its search. */
export function filterOf(realm: Realm, query: ListQuery): RawBuilder<boolean> {
  const { is_active, is_email_verified, is_invited, deleted } = query;
  const { created_after, last_login_before, legacy_id } = query;
  const conditions = [
    deleted ? sql<boolean>`deleted_at IS NOT NULL` : notDeleted(realm),
    is_active !== undefined && sql`is_active = ${is_active}`,
    is_email_verified !== undefined && sql`is_email_verified = ${is_email_verified}`,
    // As the index has it.
    is_invited !== undefined &&
      (is_invited ? sql`invited_at IS NOT NULL` : sql`invited_at IS NULL`),
    created_after !== undefined && sql`created_at >= ${created_after}::timestamptz`,
    legacy_id !== undefined && sql`legacy_id = ${legacy_id}`,
    last_login_before !== undefined && sql`last_login_at < ${last_login_before}::timestamptz`,
  ].filter((condition) => condition !== false);
  return sql`${sql.join(conditions, sql` AND `)}`;
}
