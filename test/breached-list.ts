import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { breachDigest } from '../src/domain/breached-passwords/breach-digest.ts';
import { buildFilter } from '../src/operations/breached-passwords/build-filter.ts';
import { atProcessEnd } from './process-end.ts';

/** The path of a filter of these passwords; removed when the process ends. */
export async function filterOf(passwords: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'adl-breached-'));
  atProcessEnd(() => rmSync(folder, { recursive: true, force: true }));
  const list = join(folder, 'list');
  writeFileSync(list, passwords.join('\n'));
  await buildFilter(list, `${list}.filter`, { minCount: 0 });
  return `${list}.filter`;
}

/** The digits of a password's SHA-1, as a list of ranges has them. */
export function digitsOf(password: string): { prefix: string; rest: string } {
  const digits = breachDigest(password).toUpperCase();
  return { prefix: digits.slice(0, 5), rest: digits.slice(5) };
}

type Asked = { path: string; headers: IncomingHttpHeaders };

/** A list of ranges on this machine; `answer` can be replaced. */
export async function startRangeList() {
  const asked: Asked[] = [];
  const list = {
    asked,
    url: '',
    answer: ((_request, response) => response.end()) as RequestListener,
  };
  const server = createServer((request, response) => {
    asked.push({ path: request.url ?? '', headers: request.headers });
    list.answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  list.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/range`;
  return list;
}
