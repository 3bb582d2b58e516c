import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { eventually } from '../faults/eventually.ts';
import { startDatabaseService, withoutPostgres } from '../faults/postgres-backed.ts';
import { findFreePort } from '../free-port.ts';
import { atProcessEnd } from '../process-end.ts';
import { startRedis, withoutRedis } from '../redis-server.ts';

const root = join(import.meta.dirname, '../..');
const directory = join(root, 'deploy/monitoring');
const withoutPrometheus = spawnSync('promtool', ['--version']).error
  ? 'Prometheus is not installed'
  : false;
const skip = withoutPrometheus || withoutPostgres || withoutRedis;

const rules = readFileSync(join(directory, 'rules.yml'), 'utf8');
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

function promtool(...parameters: string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', parameters, {
    cwd: directory,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
}

/** What Node tells in more detail than anybody watches: of each of these one is shown. */
const leftOut =
  /^(nodejs_(eventloop_lag_(?!p99)|active_|heap_space_|external_|version_)|process_(cpu_(user|system)_|start_time_|virtual_|heap_))/;

describe('monitoring', { skip }, () => {
  test('Prometheus takes the configuration, and each alert fires and stays quiet where it must', () => {
    promtool('check', 'config', 'prometheus.yml');
    promtool('test', 'rules', 'rules.test.yml');
    const tests = readFileSync(join(directory, 'rules.test.yml'), 'utf8');
    for (const alert of alerts) {
      for (const what of ['fires', 'stays quiet'])
        assert.match(tests, new RegExp(`name: ${alert} ${what}\n`));
    }
  });

  test('each alert leads to a paragraph of the runbook, and each paragraph has its alert', () => {
    const document = readFileSync(join(root, 'docs/operating.md'), 'utf8');
    const paragraphs = [...document.matchAll(/^## (\w+)\n\n[^\n]{100,}$/gm)].map(
      ([, name = '']) => name,
    );
    assert.deepEqual(paragraphs, alerts);
    const links = [...rules.matchAll(/runbook: docs\/operating\.md#(\w+)/g)].map(
      ([, name = '']) => name,
    );
    assert.deepEqual(
      links,
      alerts.map((alert) => alert.toLowerCase()),
    );
  });

  test('a real scrape has every metric of the rules and dashboards, over two processes', async (t) => {
    const redis = await startRedis(t);
    const env = { REDIS_URL: redis.url, WEB_CONCURRENCY: '2' };
    const { server } = await startDatabaseService(t, env);
    const requests = 40;
    for (let count = 0; count < requests; count += 1) await server.request('GET', '/');
    await server.request('POST', '/api/users/login', {
      body: { username: 'x', password: 'wrong pass' },
    });
    const query = await startPrometheus(t, server.port);
    await eventually('the first scrape', async () => (await query('up{job="adl"}')) === 1, 30_000);
    // Each process has counted a part of them; the scrape reached one.
    const served = 'sum(adl_http_request_duration_seconds_count{route="/",status="200"})';
    assert.equal(await query(served), requests);
    assert.equal(await query('adl_security_events_total{event="sign_in",outcome="failure"}'), 1);
    assert.equal(await query('min by (dependency) (adl_dependency_up{dependency="redis"})'), 1);
    const known = (await server.request<string>('GET', '/metrics')).body;
    const texts = [
      rules,
      ...globSync(`${directory}/dashboards/*.json`).map((file) => readFileSync(file, 'utf8')),
    ];
    const names = new Set(texts.join().match(/\b(?:adl|nodejs|process)_[a-z0-9_]+/g));
    assert.ok(names.size > 15);
    for (const name of names) {
      const base = name.replace(/_(bucket|count|sum)$/, '');
      assert.match(known, new RegExp(`^# TYPE (${name}|${base}) `, 'm'), name);
    }
    const [, ...dashboards] = texts;
    const unseen = [...known.matchAll(/^# TYPE (\w+) /gm)]
      .map(([, name = '']) => name)
      .filter((name) => !leftOut.test(name) && !dashboards.some((text) => text.includes(name)));
    assert.deepEqual(unseen, [], 'on neither dashboard');
  });
});

/**
 * Prometheus with the rules and one target; returns a query for one number, null without a result.
 */
async function startPrometheus(
  t: { after(end: () => unknown): void },
  target: number,
): Promise<(expression: string) => Promise<number | null>> {
  const place = mkdtempSync(join(tmpdir(), 'adl-prometheus-'));
  const port = await findFreePort();
  const configuration = readFileSync(join(directory, 'prometheus.yml'), 'utf8')
    .replaceAll('15s', '1s')
    .replace(/targets: .*/, `targets: ['127.0.0.1:${target}']`);
  writeFileSync(join(place, 'prometheus.yml'), configuration);
  writeFileSync(join(place, 'rules.yml'), rules);
  const options = [
    '--config.file=prometheus.yml',
    '--storage.tsdb.path=data',
    `--web.listen-address=127.0.0.1:${port}`,
  ];
  const child = spawn('prometheus', options, { cwd: place, stdio: 'ignore' });
  const gone = once(child, 'exit');
  const cancel = atProcessEnd(() => void child.kill('SIGKILL'));
  t.after(async () => {
    child.kill('SIGKILL');
    await gone;
    cancel();
    rmSync(place, { recursive: true, force: true });
  });
  return async (expression) => {
    const url = `http://127.0.0.1:${port}/api/v1/query?query=${encodeURIComponent(expression)}`;
    const answer = await fetch(url).catch(() => null);
    if (!answer?.ok) return null;
    const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    const [first] = data.result;
    return first === undefined ? null : Number(first.value[1]);
  };
}
