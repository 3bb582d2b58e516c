import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const root = join(import.meta.dirname, '../..');
const store = '../../domain/accounts/account-store.ts';

/**
 * Files, their lines, and after // the rule that must refuse the line; none where there is nothing.
 */
const planted: Record<string, string> = {
  'src/platform/rate-limit/limiter.ts': `
import { find } from '${store}'; // no-restricted-imports
import type { Account } from '${store}'; // no-restricted-imports
export * from "${store}"; // no-restricted-imports
export const { seek } = await import('${store}'); // no-restricted-imports
import { app } from '../../app.ts'; // no-restricted-imports
import { next } from './next.ts'; // no-cycle
export const all = [find, 0 as Account, app, next];`,
  'src/platform/rate-limit/next.ts': `
import type { all } from './limiter.ts'; // no-cycle
export const next = 0 as typeof all;`,
  'src/flows/one/a.ts': `
import { users } from '../../admin/users/part.ts'; // no-restricted-imports
import { find } from '../../domain/accounts/account-store.ts';
export const all = [users, find];`,
  'src/platform/smtp/smtp-transport.ts': `
import { find } from '${store}'; // no-restricted-imports
export const mail = [find, await import('nodemailer')];`,
  'src/platform/http/cidr.ts': `
import { isIP } from 'node:net';
import { connect } from 'node:net'; // no-restricted-imports
import { guards } from '../../access/guards.ts'; // no-restricted-imports
import { env } from 'node:process'; // no-restricted-imports
export const all = [isIP, connect, guards, env];`,
  'src/main.ts': `
export const level = process.env.LOG_LEVEL; // no-restricted-properties
export const quoted = process['env'].LOG_LEVEL; // no-restricted-properties
export const { env } = process; // no-restricted-properties
export const far = globalThis.process.env; // no-restricted-properties
process.loadEnvFile('.env'); // no-restricted-properties
export const half = far / 2, text = \`level \${process.env.LOG_LEVEL}\`; // no-restricted-properties
export const quote = /['"]/, more = process.env.LOG_LEVEL; // no-restricted-properties`,
  'src/configuration/config.ts': `
export const port = process.env.PORT;
export const http = process.getBuiltinModule('node:http'); // no-restricted-properties`,
  'src/process/probe.ts': `
export { createConnection } from 'node:net'; // no-restricted-imports`,
  'src/cli/probe.ts': `
export { createConnection } from 'node:net'; // no-restricted-imports`,
  'src/flows/profile/avatar.ts': `
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http'; // no-restricted-imports
import { type Agent, get } from 'https'; // no-restricted-imports
import net from 'node:net'; // no-restricted-imports
import { isIP } from 'node:net'; // no-restricted-imports
import * as tls from 'node:tls'; // no-restricted-imports
import { lookup } from 'node:dns/promises'; // no-restricted-imports
import { createSocket } from 'node:dgram'; // no-restricted-imports
import { spawn } from 'node:child_process'; // no-restricted-imports
import undici from 'undici'; // no-restricted-imports
import pg from 'pg'; // no-restricted-imports
export * from 'axios'; // no-restricted-imports
export { Server } from 'node:http'; // no-restricted-imports
export const http = await import('node:http'); // no-restricted-imports
export const builtin = process.getBuiltinModule('node:http'); // no-restricted-properties
export const answer = await fetch('http://a.example'); // no-restricted-globals
export const call = fetch; // no-restricted-globals
export const far = await globalThis.fetch('http://a.example'); // no-restricted-globals
export const socket = new WebSocket('http://a.example'); // no-restricted-globals
export const sources = [new EventSource('http://a.example')]; // no-restricted-globals
export const words = 'fetch(url), process.env';
export const all = [0 as IncomingMessage, request, 0 as Agent, get, net, isIP, tls, lookup, createSocket];
export const others = [spawn, undici, pg];
export default all; // no-default-export`,
  'src/flows/profile/named.ts': `
const a = 1;
export { a as default }; // no-default-export`,
  'src/flows/profile/avatar.test.ts': `
export const answer = await fetch(process.env.URL ?? '');`,
  'src/flows/profile/long.ts': `${'//\n'.repeat(250)}export const b = 1; // max-lines`,
  'src/flows/profile/not-too-long.ts': `${'//\n\n'.repeat(249)}export const b = 1;`,
};

test('what breaks a floor, reads the environment or calls out is refused, and nothing else', (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'lint-rules-'));
  t.after(() => rmSync(directory, { recursive: true }));
  cpSync(join(root, 'oxlint.config.ts'), join(directory, 'oxlint.config.ts'));
  symlinkSync(join(root, 'node_modules'), join(directory, 'node_modules'));
  for (const [path, text] of Object.entries(planted)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  const oxlint = join(root, 'node_modules/.bin/oxlint');
  const { stdout } = spawnSync(oxlint, ['-f', 'unix', 'src'], { cwd: directory, encoding: 'utf8' });
  const found = [...stdout.matchAll(/^(\S+):(\d+):\d+: .*\((?:\w+\()?([\w-]+)\)/gm)].map(
    ([, path, line, rule]) => `${path}:${line} ${rule}`,
  );
  const expected = Object.entries(planted).flatMap(([path, text]) =>
    text.split('\n').flatMap((line, at) => {
      const rule = / \/\/ ([\w-]+)$/.exec(line)?.[1];
      return rule === undefined ? [] : [`${path}:${at + 1} ${rule}`];
    }),
  );
  assert.deepEqual([...new Set(found)].toSorted(), expected.toSorted());
});
