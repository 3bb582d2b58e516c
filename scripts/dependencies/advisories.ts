import { execFile } from 'node:child_process';

/** `unasked` is no good news: nobody said anything about the packages. */
export type Advisories =
  | { verdict: 'none' }
  | { verdict: 'unasked'; reason: string }
  | { verdict: 'found'; packages: string[] };

type AuditOutput = {
  auditReportVersion?: unknown;
  vulnerabilities?: Record<string, { name: string; severity: string; range: string }>;
  metadata?: { dependencies?: { total?: number } };
  statusCode?: number;
  error?: { code?: string };
  message?: string;
};

/** Asks the registry that npm is set to what is known about the packages of the lock. */
export function askAdvisories(root: string): Promise<Advisories> {
  return new Promise((resolve) => {
    execFile('npm', ['audit', '--json'], { cwd: root, timeout: 60_000, maxBuffer: 50_000_000 }, (_, output) =>
      resolve(readAudit(output)),
    );
  });
}

/** Anything but a whole report means that nothing is known, whatever npm's exit code is. */
export function readAudit(output: string): Advisories {
  const audit = parse(output);
  if (audit === null) return { verdict: 'unasked', reason: 'npm audit gave no answer' };
  const { vulnerabilities, metadata } = audit;
  const isReport = typeof audit.auditReportVersion === 'number' && vulnerabilities !== undefined;
  if (!isReport || !((metadata?.dependencies?.total ?? 0) > 0)) {
    const reason = audit.statusCode ?? audit.error?.code ?? 'no report';
    return { verdict: 'unasked', reason: `the registry does not answer audit requests (${reason})` };
  }
  const packages = Object.values(vulnerabilities).map(
    ({ name, severity, range }) => `${name} ${range}: ${severity}`,
  );
  return packages.length === 0 ? { verdict: 'none' } : { verdict: 'found', packages };
}

function parse(output: string): AuditOutput | null {
  try {
    const value: unknown = JSON.parse(output);
    return typeof value === 'object' && value !== null ? value : null;
  } catch {
    return null;
  }
}
