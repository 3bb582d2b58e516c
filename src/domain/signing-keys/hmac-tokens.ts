import { sql } from 'kysely';
import type { Database } from '../../platform/database/database.ts';

/** Until when tokens may have been signed with the secret; null if that was never noted. */
export async function readHmacTokensUntil(db: Database): Promise<Date | null> {
  const row = await db.selectFrom('hmac_tokens').select('signed_until').executeTakeFirst();
  return row?.signed_until ?? null;
}

/** Notes it once: after the upgrade the tokens of before are good until they have run out. */
export async function noteHmacTokens(db: Database): Promise<void> {
  await sql`INSERT INTO hmac_tokens (signed_until) VALUES (now()) ON CONFLICT DO NOTHING`.execute(
    db,
  );
}

/** Called every few seconds by a process while somebody signs with the secret. */
export async function prolongHmacTokens(db: Database): Promise<void> {
  await sql`
    INSERT INTO hmac_tokens (signed_until) VALUES (now() + interval '1 minute')
        ON CONFLICT (is_only) DO UPDATE SET signed_until = excluded.signed_until
        WHERE hmac_tokens.signed_until < now() + interval '30 seconds'`.execute(db);
}
