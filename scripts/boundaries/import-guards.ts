import { dirname } from 'node:path';
import { type Guard, productionFiles, type Tree } from './tree.ts';

/** From the lowest up; what stands on no floor (`main.ts`, `adl.ts`, `app.ts`, `process/`) may import all. */
const floors = [
  ['platform'],
  ['configuration'],
  ['domain'],
  ['access'],
  ['flows'],
  ['admin', 'operations', 'cli'],
] as const;

export const floorGuard: Guard = {
  rule: 'a file imports from its own floor or from a lower one',
  why: 'What a lower floor knows of a higher one cannot be understood, tested or changed without it.',
  findFaults: (tree) =>
    productionFiles(tree).flatMap(({ path, imports }) =>
      imports
        .filter((target) => target.startsWith('src/') && floorOf(target) > floorOf(path))
        .map((target) => `${path} imports ${target}`),
    ),
};

function floorOf(path: string): number {
  const [, folder = ''] = path.split('/');
  const floor = floors.findIndex((names) => (names as readonly string[]).includes(folder));
  return floor === -1 ? floors.length : floor;
}

export const folderGuard: Guard = {
  rule: 'no folders import each other, directly or in a circle',
  why: 'Folders in a circle are one folder in pieces: none can be read, moved or changed alone.',
  findFaults: (tree) => findCircles(importsByFolder(tree)),
};

function importsByFolder(tree: Tree): Map<string, Set<string>> {
  const targets = new Map<string, Set<string>>();
  for (const { path, imports } of productionFiles(tree)) {
    const own = targets.get(folderOf(path)) ?? new Set();
    targets.set(folderOf(path), own);
    for (const target of imports) if (folderOf(target) !== folderOf(path)) own.add(folderOf(target));
  }
  return targets;
}

/** `main.ts`, `adl.ts` and `app.ts` stand for themselves. */
function folderOf(path: string): string {
  return dirname(path) === 'src' ? path : dirname(path);
}

export const cycleGuard: Guard = {
  rule: 'no import cycles between files, type imports included',
  why: 'Files in a circle can only be understood, loaded and changed all at once: they are one file in pieces.',
  findFaults: ({ files }) => findCircles(new Map(files.map(({ path, imports }) => [path, new Set(imports)]))),
};

/** Depth first; each circle is given once, from where the walk entered it. */
function findCircles(targets: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (name: string, trail: string[]) => {
    const start = trail.indexOf(name);
    if (start >= 0) circles.push([...trail.slice(start), name].join(' → '));
    if (start >= 0 || done.has(name)) return;
    for (const target of targets.get(name) ?? []) visit(target, [...trail, name]);
    done.add(name);
  };
  for (const name of targets.keys()) visit(name, []);
  return circles;
}
