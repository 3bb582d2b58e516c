import { z } from 'zod';
import { configVariables } from '../../configuration/config.ts';
import { version } from '../../configuration/version.ts';
import { keyInUseSince } from '../../domain/audit/key-age.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { configurationCheck } from '../../operations/diagnosis/configuration.ts';
import { databaseChecks } from '../../operations/diagnosis/database/all-checks.ts';
import { diskCheck } from '../../operations/diagnosis/disk.ts';
import { type Check, type Finding, runCheck } from '../../operations/diagnosis/finding.ts';
import { redisCheck } from '../../operations/diagnosis/network/redis.ts';
import { smtpCheck } from '../../operations/diagnosis/network/smtp.ts';
import { tlsCheck } from '../../operations/diagnosis/network/tls.ts';
import { timestamp } from '../../platform/http/schemas.ts';

const words = z.string().max(4000);
const keyId = z.string().max(40).describe('A fingerprint, which reveals nothing of the secret');

export const systemSchema = z
  .object({
    version: z.string().max(50),
    node_version: z.string().max(50),
    environment: z.string().max(50),
    database: z.string().max(50).meta({ example: 'PostgreSQL' }),
    started_at: timestamp.describe('Of the process that answers'),
    checks: z
      .array(
        z.object({
          check: z.string().max(50).meta({ example: 'clock' }),
          status: z.enum(['ok', 'warning', 'failed', 'skipped']),
          cause: words,
          advice: words.nullable(),
        }),
      )
      .max(100)
      .describe('Those of `adl doctor` that the service can make itself'),
    secret_key: z.object({
      id: keyId,
      in_use_since: timestamp.nullable().describe('Null before it is known'),
    }),
    previous_secret_key: z.object({ id: keyId }).nullable(),
    variables: z
      .array(
        z.object({
          name: z.string().max(100),
          is_set: z.boolean(),
          is_secret: z.boolean(),
          value: words.nullable().describe('Null where it is not set, or a secret'),
          default: words,
        }),
      )
      .max(300),
  })
  .meta({ id: 'System' });

type Deps = Pick<Dependencies, 'db' | 'engine' | 'config' | 'keys'>;

export async function readSystem(deps: Deps): Promise<z.output<typeof systemSchema>> {
  const { config, engine, keys, db } = deps;
  const found = await findAll(deps);
  const since = await keyInUseSince(db, keys.current.kid);
  const previous = keys.all.find(({ kid }) => kid !== keys.current.kid);
  return {
    version,
    node_version: process.versions.node,
    environment: config.environment,
    database: engine.name,
    started_at: new Date(Date.now() - process.uptime() * 1000).toISOString(),
    checks: found.map(({ advice = null, ...finding }) => ({ ...finding, advice })),
    secret_key: { id: keys.current.kid, in_use_since: since?.toISOString() ?? null },
    previous_secret_key: previous === undefined ? null : { id: previous.kid },
    variables: presentVariables(config),
  };
}

const mostMilliseconds = 4000;
/** Before the request's own deadline. */
const mostOfAllMilliseconds = 8000;

/** The order is that of `adl doctor`. Those of the database follow each other, the rest run beside. */
async function findAll({ config, ...deps }: Deps): Promise<Finding[]> {
  const stop = AbortSignal.timeout(mostOfAllMilliseconds);
  const run = (check: Check) => runCheck(check, stop, mostMilliseconds);
  const ofDatabase = async () => {
    const found: Finding[] = [];
    for (const check of databaseChecks({ config, ...deps })) found.push(...(await run(check)));
    return found;
  };
  const found = await Promise.all([
    run(configurationCheck(config)),
    run(diskCheck(config)),
    ofDatabase(),
    run(tlsCheck({ url: new URL(config.publicUrl) })),
    run(redisCheck(config)),
    run(smtpCheck({ config })),
  ]);
  return found.flat();
}

function presentVariables({ variables }: Deps['config']) {
  const defaults = new Map(configVariables.map((one) => [one.name, one.default]));
  return variables.map(({ name, isSet, isSecret, value }) => ({
    name,
    is_set: isSet,
    is_secret: isSecret,
    value,
    default: defaults.get(name) ?? '',
  }));
}
