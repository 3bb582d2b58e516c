import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import type { Socket } from 'node:net';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { credentialsOf, newRegistration } from '../factories.ts';
import { requestText } from '../raw-http.ts';
import { eventually } from './eventually.ts';
import { startDatabaseService, withoutPostgres } from './postgres-backed.ts';
import { cpuMilliseconds, openFiles } from './process-figures.ts';
import { ask, loopbackAddress, noPlace, openSockets } from './sockets.ts';

const live = requestText('GET', '/health/live');
const json = { 'Content-Type': 'application/json' };

describe('FI-34 a process that may open no more files', () => {
  test('refuses newcomers without busy looping, and gets its database back', {
    skip: withoutPostgres,
  }, async (t) => {
    const { server, query } = await startDatabaseService(t);
    const person = newRegistration();
    assert.equal(
      (await server.request('POST', '/api/users/register', { body: person })).status,
      201,
    );
    execFileSync('prlimit', ['--nofile=256:256', '--pid', String(server.pid)]);
    const sockets = await openSockets(t, server, 400, {
      from: (index) => loopbackAddress(36, index),
    });
    await Promise.all(sockets.map((socket) => ask(socket, live)));
    const open = sockets.filter(({ destroyed }) => !destroyed);
    assert.ok(open.length > 100 && open.length < 256, `${open.length} were accepted`);
    const held = openFiles(server.pid);
    const ended = await query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'adl'",
    );
    const hasLostAll = () => openFiles(server.pid) <= held - ended.length;
    await eventually('the connections to the database are lost', hasLostAll);
    // Newcomers take their files.
    const late = await openSockets(t, server, 100, { from: (index) => loopbackAddress(38, index) });
    await eventually('no file is left', () => openFiles(server.pid) >= held);

    const body = JSON.stringify(credentialsOf(person));
    const login = requestText('POST', '/api/users/login', json, body);
    const answers = await Promise.all(open.slice(0, 20).map((socket) => ask(socket, login)));
    for (const { text, milliseconds } of answers) {
      assert.match(text, /^HTTP\/1\.1 503 .*\r\nretry-after: [1-3]\r\n/is, text);
      assert.ok(milliseconds < 3200, `${milliseconds} ms`);
    }
    assert.match((await ask(open[0] as Socket, live)).text, /^HTTP\/1\.1 200 /);
    const busyBefore = cpuMilliseconds(server.pid);
    await sleep(3000);
    const busy = cpuMilliseconds(server.pid) - busyBefore;
    assert.ok(busy < 1000, `${busy} ms of three seconds`);

    for (const socket of [...open, ...late]) socket.destroy();
    const isServed = () =>
      server.request('POST', '/api/users/login', { body: credentialsOf(person) }).then(
        ({ status }) => status === 200,
        () => false,
      );
    await eventually('a sign-in is served', isServed, 5000);
    await server.untilReady(5000);
    t.diagnostic(`${open.length} of 400 were accepted; ${busy} ms busy in three seconds`);
    assert.doesNotMatch(server.logs(), /500 Internal Server Error|Uncaught/);
  });

  test('reserves some for its database, and tells excess clients to retry', {
    skip: withoutPostgres,
  }, async (t) => {
    const wrapper = ['prlimit', '--nofile=256'];
    const { server } = await startDatabaseService(t, {}, undefined, { wrapper });
    const from = (index: number) => loopbackAddress(37, index);
    const idle = await openSockets(t, server, 300, { from });
    await Promise.all(idle.map((socket) => ask(socket, live)));
    const open = () => idle.filter(({ destroyed }) => !destroyed);
    await eventually('the excess is closed', () => open().length <= 192);
    const held = open();
    assert.equal(held.length, 192);
    // They are accepted nearly in the order in which they were opened.
    const newest = new Set(idle.slice(-192));
    const kept = held.filter((socket) => newest.has(socket)).length;
    assert.ok(kept > 180, `the longest idle were closed; ${kept} of the newest remain`);
    const body = newRegistration();
    assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
    assert.equal(
      (await server.request('POST', '/api/users/login', { body: credentialsOf(body) })).status,
      200,
    );

    for (const socket of held) socket.destroy();
    await eventually('all are closed', () => openFiles(server.pid) < 192);
    // Each in the middle of a request.
    const busy = await openSockets(t, server, 192, { from });
    for (const socket of busy) {
      socket.write(requestText('POST', '/api/users/login', { ...json, 'Content-Length': '100' }));
    }
    const begun = () =>
      server.logs().match(/Incoming request: POST \/api\/users\/login/g)?.length ?? 0;
    await eventually('all have begun', () => begun() > 192);
    const late = await openSockets(t, server, 8, { from });
    for (const { text } of await Promise.all(late.map((socket) => ask(socket, live))))
      assert.match(text, noPlace);
    for (const socket of busy) socket.destroy();
    await eventually(
      'there is room',
      async () => (await server.request('GET', '/health')).status === 200,
    );
    assert.match(server.logs(), /Connections are refused; 192 of 192 are taken/);
  });
});
