import type { SourceFile } from './source-file.ts';
import type { Guard } from './tree.ts';

export const platformGuard: Guard = {
  rule: 'src/platform imports nothing from src/features',
  why: 'Platform is the plumbing under every feature: once it knows one of them, none can be changed alone.',
  findFaults: ({ files }) =>
    files
      .filter(({ path }) => path.startsWith('src/platform/'))
      .flatMap(({ path, imports }) =>
        imports
          .filter((target) => target.startsWith('src/features/'))
          .map((target) => `${path} imports ${target}`),
      ),
};

export const cycleGuard: Guard = {
  rule: 'no import cycles between files, type imports included',
  why: 'Files in a circle can only be understood, loaded and changed all at once: they are one file in pieces.',
  findFaults: ({ files }) => findCycles(files).map((cycle) => [...cycle, cycle[0]].join(' → ')),
};

/** Depth first; each cycle is given once, from the file where the walk came into it. */
function findCycles(files: readonly SourceFile[]): string[][] {
  const importsOf = new Map(files.map(({ path, imports }) => [path, imports]));
  const done = new Set<string>();
  const cycles: string[][] = [];
  const visit = (path: string, trail: string[]) => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push(trail.slice(start));
    if (start >= 0 || done.has(path)) return;
    for (const target of new Set(importsOf.get(path))) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of importsOf.keys()) visit(path, []);
  return cycles;
}
