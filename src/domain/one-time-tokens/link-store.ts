import { randomBytes } from 'node:crypto';
import { type Selectable, sql } from 'kysely';
import {
  cleanUpRows,
  type Database,
  now,
  type Transaction,
} from '../../platform/database/database.ts';
import type { Account } from '../accounts/account-store.ts';
import type { Dependencies } from '../dependencies.ts';
import type { LinkPurpose, LinkRow } from './link-row.ts';
import { isTokenOf, linkIdOf, linkToken, linkTokenHash } from './link-token.ts';

export type Link = Selectable<LinkRow>;

type NewLink = {
  purpose: LinkPurpose;
  subjectId: string;
  passwordVersion: number;
  /** The address that it is mailed to. */
  email: string;
  lifeSeconds: number;
  request?: LinkRequest;
};

/** Who asked for a link with a code: the hash of a secret that only they have. */
export type LinkRequest = { hash: Buffer; returnTo: string | null };

/** Returns the link's id. The token is made when the mail is written. */
export async function insertLink(
  trx: Transaction,
  { keys }: Pick<Dependencies, 'keys'>,
  { purpose, subjectId, passwordVersion, email, lifeSeconds, request }: NewLink,
): Promise<Buffer> {
  const id = randomBytes(16);
  const bound = { id, purpose, subject_id: subjectId, email, password_version: passwordVersion };
  // Later than every open link of the kind. now() is the start of the transaction, which may have
  // waited for a lock, and the order of links decides who gets an account back.
  const createdAt = sql<Date>`greatest(now(), (SELECT max(created_at) + interval '1 millisecond' FROM links
    WHERE subject_id = ${subjectId} AND purpose = ${purpose} AND ended_at IS NULL))`;
  await trx
    .insertInto('links')
    .values({
      ...bound,
      key_id: keys.current.kid,
      token_hash: linkTokenHash(linkToken(bound, keys.current)),
      created_at: createdAt,
      expires_at: sql<Date>`${createdAt} + make_interval(secs => ${lifeSeconds})`,
      request_hash: request?.hash ?? null,
      return_to: request?.returnTo ?? null,
    })
    .execute();
  return id;
}

/** The open link of a token; null if there is none or the text is not a token. */
export async function findOpenLink(
  db: Database,
  purpose: LinkPurpose,
  token: string,
): Promise<Link | null> {
  const id = linkIdOf(token);
  if (id === null) return null;
  const query = db
    .selectFrom('links')
    .selectAll()
    .where('id', '=', id)
    .where('purpose', '=', purpose);
  const link = await query.where(open).executeTakeFirst();
  return link && isTokenOf(token, link.token_hash) ? link : null;
}

/** The open link that this request has asked for; null if there is none. */
export async function findRequestedLink(
  db: Database,
  purpose: LinkPurpose,
  requestHash: Buffer,
): Promise<Link | null> {
  const query = db
    .selectFrom('links')
    .selectAll()
    .where('request_hash', '=', requestHash)
    .where('purpose', '=', purpose);
  return (await query.where(open).executeTakeFirst()) ?? null;
}

/** Checks and consumes the link in one statement; false if it is no longer open. */
export async function useLink(
  trx: Transaction,
  link: Pick<Link, 'id' | 'token_hash'>,
): Promise<boolean> {
  const result = await trx
    .updateTable('links')
    .set({ ended_at: now, end_reason: 'used' })
    .where('id', '=', link.id)
    .where('token_hash', '=', link.token_hash)
    .where(open)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function findLink(
  db: Database,
  id: Buffer,
): Promise<(Link & { is_open: boolean }) | null> {
  const query = db.selectFrom('links').selectAll().select(open.as('is_open')).where('id', '=', id);
  return (await query.executeTakeFirst()) ?? null;
}

export type WhichLinks = ({ only: readonly LinkPurpose[] } | { allBut: readonly LinkPurpose[] }) & {
  notBefore?: Date;
};

/** Ends a subject's open links. Call it only while the account's row is locked, as for sessions. */
export async function endLinks(
  trx: Transaction,
  subjectId: Account['id'],
  which: WhichLinks,
  reason: string,
): Promise<void> {
  let query = trx
    .updateTable('links')
    .set({ ended_at: now, end_reason: reason })
    .where('subject_id', '=', subjectId)
    .where('ended_at', 'is', null);
  query =
    'only' in which
      ? query.where('purpose', 'in', which.only)
      : query.where('purpose', 'not in', which.allBut);
  if (which.notBefore !== undefined) query = query.where('created_at', '>=', which.notBefore);
  await query.execute();
}

/** Ends all links of everybody. On a connection without time limits. */
export async function endEveryLink(trx: Transaction, reason: string): Promise<number> {
  const query = trx.updateTable('links').set({ ended_at: now, end_reason: reason });
  return Number((await query.where('ended_at', 'is', null).executeTakeFirst()).numUpdatedRows);
}

/** Few: limits bound how many a day make, and they are kept for a month. */
export async function listLinksOf(db: Database, subjectId: string): Promise<Link[]> {
  const query = db.selectFrom('links').selectAll().where('subject_id', '=', subjectId);
  return query.orderBy('created_at').execute();
}

export async function deleteLinksOf(trx: Transaction, subjectId: string): Promise<void> {
  await trx.deleteFrom('links').where('subject_id', '=', subjectId).execute();
}

export async function deleteExpiredLinks(db: Database, keptDays: number): Promise<void> {
  const before = sql<Date>`now() - make_interval(days => ${keptDays})`;
  const expired = db.selectFrom('links').select('id').where('expires_at', '<', before);
  await db.deleteFrom('links').where('id', 'in', expired.limit(cleanUpRows)).execute();
}

export const open = sql<boolean>`(links.ended_at IS NULL AND links.expires_at > now())`;

/** How many open links were made with each secret, by its key id. */
export async function countOpenLinksByKey(db: Database): Promise<Map<string, number>> {
  const query = db
    .selectFrom('links')
    .select(['key_id', sql<number>`count(*)::int`.as('count')])
    .where(open);
  const rows = await query.groupBy('key_id').execute();
  return new Map(rows.map(({ key_id, count }) => [key_id, count]));
}
