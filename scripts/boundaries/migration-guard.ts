import { createHash } from 'node:crypto';
import type { Guard, Tree } from './tree.ts';

/** The last migration before each had to say what it is compatible with. */
const lastUndeclared = '0012';

export const compatibilityGuard: Guard = {
  rule: 'a migration says which releases can work with what it leaves',
  why: 'In a rolling upgrade processes of the older release go on working on the new schema (decision 0045).',
  findFaults: ({ migrations }) =>
    [...migrations].flatMap(([name, sql]) => compatibilityFaults(name, sql)),
};

function compatibilityFaults(name: string, sql: string): string[] {
  const number = name.slice(0, 4);
  if (!/^\d{4}_/.test(name) || number <= lastUndeclared) return [];
  const declared = /^-- compatible-with: (\d{4}|none)$/m.exec(sql)?.[1];
  if (declared === undefined)
    return [
      `migrations/${name} needs a line: -- compatible-with: <number of an earlier migration, or none>`,
    ];
  return declared !== 'none' && declared >= number
    ? [`migrations/${name} is compatible with an earlier migration, or with none`]
    : [];
}

export const migrationGuard: Guard = {
  rule: 'migrations are named NNNN_name.sql without gaps, and a sealed one never changes',
  why: 'A database that ran a migration does not run it again: what is changed afterwards exists only on new ones.',
  findFaults: (tree) => [
    ...nameFaults([...tree.migrations.keys()]),
    ...sealFaults(tree),
    ...unsealed(tree),
  ],
};

/**
 * The checksum file with the new migrations added. Throws where a sealed migration was changed or
 * is gone.
 */
export function seal(tree: Tree): string {
  const faults = sealFaults(tree);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return [...tree.migrations].map(([name, sql]) => `${checksum(sql)}  ${name}\n`).join('');
}

function nameFaults(names: string[]): string[] {
  return names
    .map((name, at) => ({ name, number: String(at + 1).padStart(4, '0') }))
    .filter(
      ({ name, number }) => !/^\d{4}_[a-z][a-z0-9_]*\.sql$/.test(name) || !name.startsWith(number),
    )
    .map(({ name, number }) => `migrations/${name} should be ${number}_<name>.sql`);
}

function sealFaults(tree: Tree): string[] {
  return [...sealed(tree)].flatMap(([name, sum]) => {
    const sql = tree.migrations.get(name);
    if (sql === undefined) return [`migrations/${name} is sealed and gone`];
    if (checksum(sql) === sum) return [];
    return [
      `migrations/${name} is sealed and was changed: write a new migration (unreleased: delete its checksum)`,
    ];
  });
}

function unsealed(tree: Tree): string[] {
  const known = sealed(tree);
  return [...tree.migrations.keys()]
    .filter((name) => !known.has(name))
    .map((name) => `migrations/${name} is not sealed yet: node scripts/check-boundaries.ts --seal`);
}

/** In the format of sha256sum, so that `sha256sum -c checksums.txt` reads it too. */
function sealed(tree: Tree): Map<string, string> {
  const lines = tree.checksums.split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(66), line.slice(0, 64)]));
}

function checksum(sql: string): string {
  return createHash('sha256').update(sql).digest('hex');
}
