import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { createTestApp } from '../../../../test/test-app.ts';
import { backupsCheck } from './backups.ts';

const now = new Date('2026-11-27T12:00:00Z');

test('backups have to be recent, and verified', async (t) => {
  const { db } = await createTestApp(t);
  const check = backupsCheck(db, ['age1…'], () => now);
  const found = async () => [await check.run(AbortSignal.timeout(5000))].flat()[0];
  const statusWith = async (takenAt: string, isVerified: boolean) => {
    const verifiedAt = isVerified ? takenAt : null;
    await sql`INSERT INTO backups (name, taken_at, bytes, proof_digest, verified_at)
      VALUES (${takenAt}, ${takenAt}, 1, '\\x00', ${verifiedAt})`.execute(db);
    return (await found())?.status;
  };
  const unused = backupsCheck(db, [], () => now).run(AbortSignal.timeout(5000));
  assert.equal([await unused].flat()[0]?.status, 'skipped');
  assert.equal((await found())?.status, 'failed');
  assert.equal(await statusWith('2026-11-10T12:00:00Z', true), 'failed');
  assert.equal(await statusWith('2026-11-27T01:00:00Z', false), 'warning');
  assert.equal(await statusWith('2026-11-27T02:00:00Z', true), 'ok');
});
