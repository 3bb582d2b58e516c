import { lineAt } from './source-file.ts';
import { type Guard, productionFiles } from './tree.ts';

const longestFile = 250;
const emptyNames = /^(?:index|types|data|(?:.*-)?(?:utils?|helpers?|misc|common|manager|service))$/;

export const nameGuard: Guard = {
  rule: 'no file or folder is called index, types, utils, helpers, misc, common, manager, service or data',
  why: 'Such a name says where code was put, not what it does; everything ends up in it and nobody finds it.',
  findFaults: ({ files }) =>
    files
      .filter(({ path }) =>
        path.split('/').some((part) => emptyNames.test(part.replace(/(\.test)?\.tsx?$/, ''))),
      )
      .map(({ path }) => path),
};

export const lengthGuard: Guard = {
  rule: `no file in src has more than ${longestFile} lines`,
  why: 'A longer file has more than one job; the second job has a name of its own and deserves its own file.',
  findFaults: ({ files }) =>
    files
      .filter(({ path, lineCount }) => path.startsWith('src/') && lineCount > longestFile)
      .map(({ path, lineCount }) => `${path} has ${lineCount} lines`),
};

/** Path to the reason why a tool insists on a default export there. */
const neededDefaultExports: Record<string, string> = {};

export const defaultExportGuard: Guard = {
  rule: 'no default exports in src',
  why: 'A default export has another name in every file that imports it, so that no search finds all its uses.',
  findFaults: (tree) =>
    productionFiles(tree)
      .filter(({ path }) => !(path in neededDefaultExports))
      .flatMap(({ path, code }) =>
        [...code.matchAll(/\bexport\s+default\b|\bexport\s*\{[^}]*\bdefault\s*[,}]/g)].map(
          (match) => `${path}:${lineAt(code, match.index)}`,
        ),
      ),
};
