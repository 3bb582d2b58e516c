import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keysServiceToken } from '../src/cli/commands/keys-service-token.ts';
import { atProcessEnd } from './process-end.ts';

type Made = { token: string; line: string };

/** As the command line makes it. */
export async function makeServiceToken(name: string, scope: string): Promise<Made> {
  const outcome = await keysServiceToken.runLocally({} as never, { name, scope }, async () => {});
  if ('failure' in outcome) throw new Error(outcome.failure.message);
  return outcome.result as Made;
}

/** A file for `SERVICE_TOKENS_FILE`, with a service for each scope and one for both. */
export async function makeServiceTokens() {
  const directory = mkdtempSync(join(tmpdir(), 'adl-services-'));
  atProcessEnd(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'services');
  const [introspect, forward, both] = [
    await makeServiceToken('gateway', 'introspect'),
    await makeServiceToken('shop', 'forward'),
    await makeServiceToken('web', 'introspect,forward'),
  ];
  const lines = [introspect, forward, both].map(({ line }) => line);
  const write = (text: readonly string[]) => writeFileSync(file, `${text.join('\n')}\n`);
  write(['# services', '', ...lines]);
  return {
    file,
    lines,
    write,
    introspect: introspect.token,
    forward: forward.token,
    both: both.token,
  };
}
