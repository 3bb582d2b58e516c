import type { CompiledQuery } from 'kysely';
import type { Database } from '../src/platform/database/database.ts';

type PlanNode = {
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  'Index Name'?: string;
  Plans?: PlanNode[];
};

/** How a statement is carried out: the most rows that a step of it reads, and the indexes used. */
export async function planOf(
  db: Database,
  query: CompiledQuery,
): Promise<{ mostRows: number; indexes: string[] }> {
  const explain = { ...query, sql: `EXPLAIN (ANALYZE, FORMAT JSON) ${query.sql}` };
  const { rows } = await db.executeQuery<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(explain);
  const nodes = nodesOf(rows[0]?.['QUERY PLAN'][0].Plan as PlanNode);
  return {
    mostRows: Math.max(
      ...nodes.map((node) => node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)),
    ),
    indexes: nodes.flatMap((node) => node['Index Name'] ?? []),
  };
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
