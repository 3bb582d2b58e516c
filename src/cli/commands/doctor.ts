import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../configuration/config.ts';
import { version } from '../../configuration/version.ts';
import { breachedPasswordsCheck } from '../../operations/diagnosis/breached-passwords.ts';
import { configurationCheck } from '../../operations/diagnosis/configuration.ts';
import { diskCheck } from '../../operations/diagnosis/disk.ts';
import { type Finding, failed, runCheck } from '../../operations/diagnosis/finding.ts';
import { networkChecks } from '../../operations/diagnosis/network/all-checks.ts';
import type { Pass } from '../../operations/diagnosis/network/public-url.ts';
import { presentFinding } from '../../operations/diagnosis/present-finding.ts';
import { embeddedDirectory } from '../../platform/database/initialize-embedded.ts';
import type { Guide, GuidedCommand, Outcome } from '../command/command.ts';
import { parseOptions } from './doctor-options.ts';

export const doctor: GuidedCommand = {
  name: 'doctor',
  summary:
    'Check a deployment from the public address to the disk, with what to do about each fault',
  options: [
    ['--address <ip>', 'ask PUBLIC_URL there, instead of where DNS leads'],
    ['--http-port <port>', 'the port of plain http, if it is not 80'],
    ['--mail-to <address>', 'send a test mail there'],
    ['--dkim-selector <name>', 'where the key of the mail server is published'],
    ['--dns-server <address>', 'ask it about the domain of the sender'],
    ['--strict', 'a warning is a fault, too'],
  ],
  runGuided: async (given, guide): Promise<Outcome> => {
    const options = parseOptions(given);
    if ('failure' in options) return options;
    const config = guide.readConfig();
    const findings: Finding[] = [];
    const tell = async (found: Finding[]) => {
      findings.push(...found);
      for (const finding of found) await guide.tell(finding, presentFinding(finding));
    };
    const here = [configurationCheck, diskCheck, breachedPasswordsCheck];
    for (const check of here.map((checkOf) => checkOf(config)))
      await tell(await runCheck(check, guide.signal));
    const { found, pass } = await askDatabase(config, guide);
    await tell(found);
    const checks = networkChecks({ config, version, pass, ...options });
    // At once, and shown in their order.
    const running = checks.map((check) => runCheck(check, guide.signal));
    for (const one of running) await tell(await one);
    return { result: count(findings, given.strict === true) };
  },
  isFaulty: ({ failed: faults, warnings, strict }) =>
    faults !== 0 || (strict === true && warnings !== 0),
};

function count(findings: readonly Finding[], strict: boolean) {
  const of = (wanted: Finding['status']) =>
    findings.filter(({ status }) => status === wanted).length;
  const counts = {
    failed: of('failed'),
    warnings: of('warning'),
    ok: of('ok'),
    skipped: of('skipped'),
  };
  return strict ? { ...counts, strict } : counts;
}

type Answer = { found: Finding[]; pass: Pass | null };

/** The checks that run where the database is open, in the server if that has the embedded one. */
async function askDatabase({ databaseUrl, dataDir }: Config, { ask }: Guide): Promise<Answer> {
  const found: Finding[] = [];
  const fail = (cause: string, advice: string): Answer => ({
    found: [...found, { check: 'database', ...failed(cause, advice) }],
    pass: null,
  });
  if (databaseUrl === undefined && !existsSync(join(dataDir, embeddedDirectory)))
    return fail(
      'there is no embedded database in DATA_DIR yet',
      'Start the service once, or correct DATA_DIR',
    );
  try {
    const outcome = await ask('doctor database', { withPass: true }, nothing(), (event) => {
      if ('item' in event) found.push(event.item as Finding);
      return null;
    });
    if ('failure' in outcome)
      return fail(outcome.failure.message, 'Start the database, or correct DATABASE_URL');
    return { found, pass: outcome.result as Pass };
  } catch (error) {
    // Only errors that are written for people have a message that may be shown.
    const isPlain =
      error instanceof Error && ['StartupError', 'UnsafeSocketError'].includes(error.name);
    return fail(
      isPlain ? error.message : 'it cannot be opened',
      'See the line of the service at its start',
    );
  }
}

async function* nothing(): AsyncGenerator<Buffer> {}
