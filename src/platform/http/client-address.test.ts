import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { exchange } from '../../../test/raw-http.ts';
import { createTestApp } from '../../../test/test-app.ts';
import { parseCidrList } from './cidr.ts';
import {
  clientAddress,
  isLocalCaller,
  networkOf,
  networkRangeOf,
  peerAddress,
} from './client-address.ts';

const proxies = parseCidrList('10.0.0.0/8,2001:db8::/32');

function requestFrom(
  peer: string | undefined,
  headers: Record<string, string> = {},
): IncomingMessage {
  return { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage;
}

function clientOf(peer: string, forwardedFor?: string): string {
  const headers: Record<string, string> =
    forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor };
  return clientAddress(requestFrom(peer, headers), proxies);
}

test('a peer that is not a trusted proxy is the client, whatever headers it sends', () => {
  assert.equal(clientOf('203.0.113.9'), '203.0.113.9');
  assert.equal(clientOf('203.0.113.9', '198.51.100.1'), '203.0.113.9');
  assert.equal(clientOf('203.0.113.9', '10.0.0.1'), '203.0.113.9');
  const others = {
    'x-real-ip': '198.51.100.1',
    forwarded: 'for=198.51.100.1',
    'x-client-ip': '198.51.100.1',
  };
  assert.equal(clientAddress(requestFrom('203.0.113.9', others), proxies), '203.0.113.9');
  assert.equal(clientAddress(requestFrom('10.0.0.1', others), proxies), '10.0.0.1');
});

test('behind proxies the client is the rightmost address that is not a trusted proxy', () => {
  assert.equal(clientOf('10.0.0.1', '198.51.100.1'), '198.51.100.1');
  assert.equal(clientOf('10.0.0.1', '198.51.100.1, 10.0.0.2'), '198.51.100.1');
  assert.equal(clientOf('10.0.0.1', '198.51.100.1,10.0.0.2,10.0.0.3'), '198.51.100.1');
  assert.equal(clientOf('2001:db8::5', '2001:db9::7,2001:db8::6'), '2001:db9::7');
});

test('entries that a client adds to X-Forwarded-For are further left and are ignored', () => {
  assert.equal(clientOf('10.0.0.1', '127.0.0.1, 198.51.100.1'), '198.51.100.1');
  assert.equal(clientOf('10.0.0.1', '10.0.0.9, 198.51.100.1, 10.0.0.2'), '198.51.100.1');
  assert.equal(clientOf('10.0.0.1', 'garbage, <script>, 198.51.100.1'), '198.51.100.1');
});

test('if the proxies name no valid client, the last proxy counts as the client', () => {
  assert.equal(clientOf('10.0.0.1'), '10.0.0.1');
  assert.equal(clientOf('10.0.0.1', ''), '10.0.0.1');
  assert.equal(clientOf('10.0.0.1', '10.0.0.2'), '10.0.0.2');
  for (const garbage of [
    'unknown',
    '_hidden',
    ' , ',
    '1.2.3',
    '198.51.100.1;',
    '999.1.1.1',
    '0x7f.1',
    '1'.repeat(8000),
  ]) {
    assert.equal(clientOf('10.0.0.1', garbage), '10.0.0.1', garbage);
    assert.equal(clientOf('10.0.0.1', `198.51.100.1,${garbage},10.0.0.2`), '10.0.0.2', garbage);
  }
});

test('an address is canonical: no port, zone, brackets, IPv4-mapped form, upper case', () => {
  for (const [spelling, address] of [
    ['198.51.100.1:4711', '198.51.100.1'],
    ['::ffff:198.51.100.1', '198.51.100.1'],
    ['::FFFF:C633:6401', '198.51.100.1'],
    ['[::ffff:198.51.100.1]:4711', '198.51.100.1'],
    ['[2001:DB9:0:0::0007]:4711', '2001:db9::7'],
    ['[2001:db9::7]', '2001:db9::7'],
    ['2001:0db9:0000:0000:0000:0000:0000:0007', '2001:db9::7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['\t198.51.100.1 ', '198.51.100.1'],
  ] as const) {
    assert.equal(clientOf('10.0.0.1', spelling), address, spelling);
  }
  assert.equal(clientOf('::ffff:10.0.0.1', '198.51.100.1'), '198.51.100.1');
  assert.equal(peerAddress(requestFrom('::ffff:127.0.0.1')), '127.0.0.1');
  assert.equal(peerAddress(requestFrom('fe80::1%lo')), 'fe80::1');
  assert.equal(peerAddress(requestFrom(undefined)), '0.0.0.0');
});

test('the client behind the proxies is logged; repeated headers form one list', async (t) => {
  const { app, logs } = await createTestApp(t, { TRUSTED_PROXIES: '127.0.0.0/8' });
  const forwarded = 'X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 198.51.100.1, 127.0.0.3\r\n';
  await exchange(app, `GET /health/live HTTP/1.1\r\nHost: a\r\n${forwarded}\r\n`, { answers: 1 });
  assert.match(logs(), /"client":"198\.51\.100\.1"/);
  assert.doesNotMatch(logs(), /192\.0\.2\.1/);
});

const publicUrl = 'https://accounts.example.com';

test('a local caller is a loopback peer that names this machine or the public host', () => {
  for (const peer of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']) {
    for (const host of [
      'localhost',
      'localhost:8000',
      'LOCALHOST:1',
      '127.0.0.1:8000',
      '[::1]:8000',
      'accounts.example.com',
    ]) {
      assert.equal(isLocalCaller(requestFrom(peer, { host }), publicUrl), true, `${peer} ${host}`);
    }
  }
});

test('a caller with a foreign host, foreign peer or forwarding header is not local', () => {
  for (const host of [
    'evil.example',
    'localhost.evil.example',
    'localhost.',
    '127.0.0.1.nip.io',
    'accounts.example.com.evil.example',
    '10.0.0.1',
    '0.0.0.0',
    '[::]',
    '',
    'not a host',
  ]) {
    assert.equal(isLocalCaller(requestFrom('127.0.0.1', { host }), publicUrl), false, host);
  }
  assert.equal(isLocalCaller(requestFrom('127.0.0.1'), publicUrl), false);
  for (const peer of ['10.0.0.1', '2001:db8::1', '::ffff:10.0.0.1', undefined]) {
    assert.equal(
      isLocalCaller(requestFrom(peer, { host: 'localhost' }), publicUrl),
      false,
      String(peer),
    );
  }
  for (const header of [
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-real-ip',
    'via',
  ]) {
    for (const value of ['127.0.0.1', '']) {
      const request = requestFrom('127.0.0.1', { host: 'localhost', [header]: value });
      assert.equal(isLocalCaller(request, publicUrl), false, header);
    }
  }
});

test('IPv6 addresses with one prefix are one network; an IPv4 address is its own', () => {
  assert.equal(networkOf('2001:db8:1:2:3:4:5:6', 64), networkOf('2001:db8:1:2::1', 64));
  assert.notEqual(networkOf('2001:db8:1:2::1', 64), networkOf('2001:db8:1:3::1', 64));
  assert.equal(networkOf('203.0.113.7', 64), '203.0.113.7');
});

test('a network range has the configured IPv6 prefix, or /32 for IPv4', () => {
  assert.equal(networkRangeOf('2001:db8:1:2:3:4:5:6', 56), '2001:db8:1::/56');
  assert.equal(networkRangeOf('203.0.113.7', 56), '203.0.113.7/32');
});
