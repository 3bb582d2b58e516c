import assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { describe, test } from 'node:test';
import { ask, askThrough, exchangeWith } from './client.ts';
import { shareDeployment, withoutServers } from './deployment.ts';
import { publicHost, startNginx } from './nginx.ts';

const balancer = '127.0.5.1';

describe('the address of a client behind nginx', { skip: withoutServers }, () => {
  const deployment = shareDeployment();
  const behindBalancer = (t: Parameters<typeof startNginx>[0]) =>
    startNginx(
      t,
      deployment.current.replicas.map(({ port }) => port),
      { BALANCERS: `${balancer}/32` },
    );

  test('K03 no header of a client changes the address that it counts as', async () => {
    const { nginx } = deployment.current;
    const from = '127.0.1.1';
    const spoofs: Record<string, string>[] = [
      {},
      { 'X-Forwarded-For': '198.51.100.1' },
      { 'X-Forwarded-For': '198.51.100.1, 127.0.0.1' },
      { 'x-forwarded-for': '10.0.0.1', 'X-FORWARDED-FOR': '10.0.0.2' },
      { X_Forwarded_For: '198.51.100.2', 'X-Real-IP': '198.51.100.3' },
      {
        Forwarded: 'for=198.51.100.4;proto=http;host=evil.example',
        'X-Forwarded-Host': 'evil.example',
      },
      { 'True-Client-IP': '198.51.100.5', 'CF-Connecting-IP': '198.51.100.6', Via: '1.1 evil' },
      { Connection: 'close, X-Forwarded-For', 'X-Forwarded-For': '198.51.100.7' },
      {
        'X-Original-URL': '/health',
        'X-Rewrite-URL': '/health',
        'X-HTTP-Method-Override': 'DELETE',
      },
      { Proxy: '198.51.100.8:80', 'X-Forwarded-Proto': 'http', 'X-Forwarded-Port': '80' },
    ];
    for (const [index, headers] of spoofs.entries()) {
      const answer = await ask(nginx, 'GET', '/', { from, headers });
      assert.equal(remaining(answer), 199 - index, JSON.stringify(headers));
      assert.equal(answer.status, 200);
    }
    assert.equal(remaining(await ask(nginx, 'GET', '/', { from: '127.0.1.2' })), 199);
  });

  test('K03 behind a balancer the right-most untrusted address counts', async (t) => {
    const nginx = await behindBalancer(t);
    const count = async (forwarded: string) => {
      const lines = forwarded.split('|').map((value) => `X-Forwarded-For: ${value}\r\n`);
      const text = `GET / HTTP/1.1\r\nHost: ${publicHost}\r\n${lines.join('')}\r\n`;
      const { answers } = await exchangeWith(nginx, text, { answers: 1, from: balancer });
      assert.ok(answers[0]);
      return remaining(answers[0]);
    };
    const chain = Array.from({ length: 10 }, (_, index) => `198.51.100.${index}`).join(', ');
    const same = [
      '203.0.113.7',
      '198.51.100.1, 203.0.113.7',
      `203.0.113.7, ${balancer}`,
      `${chain}, 203.0.113.7`,
    ];
    for (const [index, forwarded] of [...same, '198.51.100.9|203.0.113.7'].entries()) {
      assert.equal(await count(forwarded), 199 - index, forwarded);
    }
    assert.equal(await count('203.0.113.7, 203.0.113.8'), 199);
    // Only the balancer is believed.
    const spoofed = { from: '127.0.5.2', headers: { 'X-Forwarded-For': '203.0.113.7' } };
    assert.equal(remaining(await ask(nginx, 'GET', '/', spoofed)), 199);
  });

  test('a service names the address of its client, through a balancer too; nobody else does', async (t) => {
    const { nginx, serviceToken } = deployment.current;
    const balanced = await behindBalancer(t);
    const count = async (through: typeof nginx, from: string, headers: Record<string, string>) =>
      remaining(await ask(through, 'GET', '/', { from, headers }));
    const own = '127.0.6.1';
    const token = { 'X-Service-Token': serviceToken };
    for (const index of [0, 1]) {
      const named = { ...token, 'X-Forwarded-For': '203.0.113.50' };
      assert.equal(await count(nginx, own, named), 199 - 2 * index);
      // The balancer appends the address of the service.
      const appended = { ...token, 'X-Forwarded-For': `203.0.113.50, ${own}` };
      assert.equal(await count(balanced, balancer, appended), 198 - 2 * index);
    }
    const spoofed = { 'X-Service-Token': 'adl_st_wrong', 'X-Forwarded-For': '203.0.113.51' };
    const refused = await ask(nginx, 'GET', '/', { from: '127.0.6.2', headers: spoofed });
    assert.equal(refused.status, 401);
    assert.equal(await count(nginx, '127.0.6.2', {}), 198);
    assert.equal(await count(nginx, '127.0.6.3', { 'X-Forwarded-For': '203.0.113.51' }), 199);
  });

  test('K05 an IPv6 /64 is one client, in any spelling; mapped IPv4 is IPv4', async (t) => {
    const nginx = await behindBalancer(t);
    const count = async (address: string) =>
      remaining(
        await ask(nginx, 'GET', '/', { from: balancer, headers: { 'X-Forwarded-For': address } }),
      );
    const network = ['2001:db8:1:2::1', '2001:DB8:1:2:0:0:0:2', '2001:db8:1:2:ffff:ffff:ffff:ffff'];
    for (const [index, address] of network.entries())
      assert.equal(await count(address), 199 - index, address);
    assert.equal(await count('2001:db8:1:3::1'), 199);
    assert.equal(await count('198.51.100.77'), 199);
    assert.equal(await count('::ffff:198.51.100.77'), 198);
  });

  test('K07 of 250 requests over two replicas exactly 200 pass', async (t) => {
    // As many connections as nginx leaves to one address.
    const agent = new Agent({ keepAlive: true, maxSockets: 40 });
    t.after(() => agent.destroy());
    const { nginx } = deployment.current;
    const requests = Array.from({ length: 250 }, () => askThrough(nginx, agent, '127.0.7.1'));
    const answers = await Promise.all(requests);
    const of = (wanted: number) => answers.filter(({ status }) => status === wanted).length;
    assert.deepEqual([of(200), of(429)], [200, 50]);
    for (const { logs } of deployment.current.replicas) assert.match(logs(), /127\.0\.7\.1/);
  });
});

function remaining({ headers }: { headers: Record<string, string | string[]> }): number {
  return Number(headers['x-ratelimit-remaining']);
}
