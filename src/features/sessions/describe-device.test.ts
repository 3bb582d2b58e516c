import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeDevice } from './describe-device.ts';

const windows =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36';
const known: Record<string, string> = {
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0': 'Firefox on Linux',
  [windows]: 'Chrome on Windows',
  [`${windows} Edg/142.0.0.0`]: 'Edge on Windows',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1':
    'Safari on iPhone',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15':
    'Safari on a Mac',
  'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36':
    'Chrome on Android',
  'curl/8.5.0': 'curl',
  'python-requests/2.32.0': 'a Python program',
  'MyApp/1.0 (Android 15)': 'an app on Android',
  '': 'an app',
};

test('common browsers and programs are named, without their versions', () => {
  for (const [agent, words] of Object.entries(known)) assert.equal(describeDevice(agent), words);
  assert.equal(describeDevice(null), 'an app');
});

test('L02 nothing that a client sends is repeated', () => {
  const words = new Set([...Object.values(known), 'an app']);
  for (const agent of [
    'Your account is locked, open http://evil.test/x',
    '<script>',
    'evil.test',
    '\r\nBcc: x@y.test',
  ]) {
    assert.equal(describeDevice(agent), 'an app');
    assert.ok(
      words.has(describeDevice(`${agent} ${windows}`)) ||
        describeDevice(`${agent} ${windows}`) === 'Chrome on Windows',
    );
  }
});

test('I15 a long agent is read in no time', () => {
  const begun = performance.now();
  for (const agent of [' '.repeat(8000), 'Mozilla/'.repeat(1000), '('.repeat(8000), 'Mac OS X'.repeat(1000)])
    describeDevice(agent);
  assert.ok(performance.now() - begun < 50);
});
