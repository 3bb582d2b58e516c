type Mutant = {
  status: string;
  mutatorName: string;
  replacement?: string;
  location: { start: Place; end: Place };
};
type Place = { line: number; column: number };

/** What is used of Stryker's report (mutation-testing-report-schema). */
export type Report = { files: Record<string, { source: string; mutants: Mutant[] }> };

const killed = ['Killed', 'Timeout'];
const survived = ['Survived', 'NoCoverage'];

/** A line for each file and area, and how many of a hundred mutants were killed. */
export function summarize(reports: readonly [string, Report][]): { lines: string[]; score: number } {
  const all = reports.flatMap(([, { files }]) => Object.values(files).flatMap(({ mutants }) => mutants));
  const lines = reports.flatMap(([name, { files }]) => [
    line(
      name,
      Object.values(files).flatMap(({ mutants }) => mutants),
    ),
    ...Object.entries(files).map(([file, { mutants }]) => line(`  ${file}`, mutants)),
  ]);
  return { lines: [...lines, line('all', all)], score: scoreOf(all) };
}

export function survivors({ files }: Report): string[] {
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants
      .filter(({ status }) => survived.includes(status))
      .map(({ status, mutatorName, replacement = '', location }) => {
        const original = cut(source, location.start, location.end);
        return `${file}:${location.start.line} ${status} ${mutatorName}: ${short(original)} → ${short(replacement)}`;
      }),
  );
}

function line(name: string, mutants: readonly Mutant[]): string {
  const dead = mutants.filter(({ status }) => killed.includes(status)).length;
  const alive = mutants.filter(({ status }) => survived.includes(status)).length;
  return `${name.padEnd(56)} ${`${dead}/${dead + alive}`.padStart(9)} ${scoreOf(mutants).toFixed(1).padStart(6)} %`;
}

function scoreOf(mutants: readonly Mutant[]): number {
  const dead = mutants.filter(({ status }) => killed.includes(status)).length;
  const alive = mutants.filter(({ status }) => survived.includes(status)).length;
  return dead + alive === 0 ? 100 : (100 * dead) / (dead + alive);
}

/** Lines and columns count from 1. */
function cut(source: string, start: Place, end: Place): string {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const last = lines.length - 1;
  return lines
    .map((text, index) => (index === last ? text.slice(0, end.column - 1) : text))
    .map((text, index) => (index === 0 ? text.slice(start.column - 1) : text))
    .join('\n');
}

function short(code: string): string {
  const flat = code.replaceAll(/\s+/g, ' ');
  return flat.length > 70 ? `${flat.slice(0, 68)} …` : flat;
}
