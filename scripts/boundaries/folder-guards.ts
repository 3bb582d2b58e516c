import { dirname } from 'node:path';
import type { Guard, Tree } from './tree.ts';

const emptyNames = /^(?:index|types|data|(?:.*-)?(?:utils?|helpers?|misc|common|manager|service))$/;

export const nameGuard: Guard = {
  rule: 'no file or folder is called index, types, utils, helpers, misc, common, manager, service or data',
  why: 'Such a name says where code was put, not what it does; everything ends up in it and nobody finds it.',
  findFaults: ({ paths }) =>
    paths.filter((path) =>
      path.split('/').some((part) => emptyNames.test(part.replace(/(\.test)?\.tsx?$/, ''))),
    ),
};

export const circleGuard: Guard = {
  rule: 'no folders import each other, directly or in a circle',
  why: 'Folders in a circle are one folder in pieces: none can be read, moved or changed alone.',
  findFaults: (tree) => findCircles(importsByFolder(tree)),
};

function importsByFolder(tree: Tree): Map<string, Set<string>> {
  const targets = new Map<string, Set<string>>();
  for (const { path, imports } of tree.files) {
    const own = targets.get(folderOf(path)) ?? new Set();
    targets.set(folderOf(path), own);
    for (const target of imports)
      if (folderOf(target) !== folderOf(path)) own.add(folderOf(target));
  }
  return targets;
}

/** `main.ts` and `app.ts` stand for themselves. */
function folderOf(path: string): string {
  return dirname(path) === 'src' ? path : dirname(path);
}

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
