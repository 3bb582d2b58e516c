import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cidrListContains, parseCidrList } from './cidr.ts';

test('a list holds ranges and addresses of both families; an empty list holds none', () => {
  const list = parseCidrList(' 10.0.0.0/8, 192.0.2.7 ,2001:db8::/32,::1');
  for (const inside of ['10.0.0.0', '10.255.255.255', '192.0.2.7', '2001:db8:ffff::1', '::1']) {
    assert.equal(cidrListContains(list, inside), true, inside);
  }
  for (const outside of [
    '9.255.255.255',
    '11.0.0.0',
    '192.0.2.8',
    '2001:db9::',
    '::2',
    '::a00:1',
  ]) {
    assert.equal(cidrListContains(list, outside), false, outside);
  }
  assert.equal(cidrListContains(parseCidrList(''), '127.0.0.1'), false);
  assert.equal(cidrListContains(parseCidrList(' , '), '127.0.0.1'), false);
});

test('an IPv4-mapped address matches as its IPv4 address and in no IPv6 range', () => {
  assert.equal(cidrListContains(parseCidrList('10.0.0.0/8'), '::ffff:10.1.2.3'), true);
  assert.equal(cidrListContains(parseCidrList('::ffff:10.1.2.3'), '10.1.2.3'), true);
  assert.equal(cidrListContains(parseCidrList('::/0'), '10.1.2.3'), false);
  assert.equal(cidrListContains(parseCidrList('0.0.0.0/0'), '2001:db8::1'), false);
});

test('a range may contain all addresses or a single one', () => {
  assert.equal(cidrListContains(parseCidrList('0.0.0.0/0'), '203.0.113.9'), true);
  assert.equal(cidrListContains(parseCidrList('203.0.113.9/32'), '203.0.113.9'), true);
  assert.equal(cidrListContains(parseCidrList('203.0.113.9/32'), '203.0.113.8'), false);
});

test('text that is not an address lies in no range', () => {
  const everything = parseCidrList('0.0.0.0/0,::/0');
  for (const text of ['', 'localhost', '1.2.3', '1.2.3.4:80', '01.2.3.4', '[::1]', '1.2.3.4/8']) {
    assert.equal(cidrListContains(everything, text), false, text);
  }
});

test('a list with a hop count, a name or an invalid prefix length is refused', () => {
  for (const text of [
    '1',
    'true',
    'loopback',
    'example.com',
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8.0',
    '10.0.0.0/8/8',
    '10.0.0/8',
    '2001:db8::/129',
    '::ffff:10.0.0.0/104',
    '*',
    '10.0.0.0/8,nonsense',
  ]) {
    assert.throws(() => parseCidrList(text), /not a CIDR range/, text);
  }
});
