import type { Dependencies } from '../dependencies.ts';
import type { ChainEntry } from './audit-chain-rows.ts';
import { createFindings } from './audit-findings.ts';
import { type Marks, readMarks, sliceOfChain } from './chain-store.ts';
import { type AuditVerification, checkMarks } from './verify-audit-chain.ts';
import { walkChain } from './walk-chain.ts';

/** How many of the newest entries the service itself checks, beside its work. */
export const recentEntries = 500;

type Deps = Pick<Dependencies, 'db' | 'keys'>;

export type RecentEntries = Pick<AuditVerification, 'ok' | 'entries' | 'findings'> & {
  /** The last entry of the chain. */
  end: ChainEntry | null;
};

/** As `verifyAuditChain`, of the newest entries alone and of the marks. */
export async function verifyRecentEntries(
  deps: Deps,
  most = recentEntries,
): Promise<RecentEntries> {
  const findings = createFindings(deps.keys);
  const { marks, last } = await readMarks(deps.db);
  checkMarks(deps, findings, marks, last);
  const anchor = await anchorOf(deps.db, marks, last, most);
  const { entries } = await walkChain(deps, findings, { marks, last, anchor });
  return { ok: findings.count() === 0, entries, findings: findings.list(), end: last };
}

/** The entry before the newest; none where these reach to the beginning. */
async function anchorOf(
  db: Deps['db'],
  { start }: Marks,
  last: ChainEntry | null,
  most: number,
): Promise<ChainEntry | undefined> {
  const position = BigInt(last?.position ?? 0) - BigInt(most);
  if (position <= BigInt(start?.position ?? 0)) return undefined;
  const [found] = await sliceOfChain(db, { after: String(position - 1n), limit: 1 });
  return found?.entry;
}
