import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuMilliseconds } from '../../../test/cpu-time.ts';
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
  [`${windows} OPR/120.0.0.0`]: 'Opera on Windows',
  'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) EdgA/142.0 Chrome/142.0 Mobile':
    'Edge on Android',
  'Mozilla/5.0 (Linux; Android 15; SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36':
    'Samsung Internet on Android',
  'Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15':
    'Firefox on iPad',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1':
    'Chrome on iPhone',
  'Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36':
    'Chrome on ChromeOS',
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chromium/142.0 Safari/537.36':
    'Chrome on Linux',
  // A browser without a system, and other apps with one.
  'Firefox/140.0': 'Firefox',
  'MyApp/1.0 (Windows NT 10.0)': 'an app on Windows',
  'MyApp/1.0 (Mac OS X 15)': 'an app on a Mac',
  'curl/8.5.0': 'curl',
  'python-requests/2.32.0': 'a Python program',
  'Python-urllib/3.13': 'a Python program',
  'aiohttp/3.13': 'a Python program',
  'python-httpx/0.28': 'a Python program',
  'httpx/0.28': 'a Python program',
  node: 'a Node.js program',
  undici: 'a Node.js program',
  'axios/1.13': 'a Node.js program',
  'okhttp/5.2': 'an Android app',
  'MyApp/7 CFNetwork/3826.500 Darwin/24.6': 'an Apple app',
  // Names that only contain a known name do not match.
  'libcurl/8.5.0': 'an app',
  'my-python': 'an app',
  'my-node': 'an app',
  'my-okhttp/5.2': 'an app',
  'Firefox of mine': 'an app',
  'MyEdg/1.0 (myWindows NT, theiPhones, myiPad, iPads, Androids, myAndroid)': 'an app',
  'MyOPR/1 MySamsungBrowser/1 MyFirefox/1 MyChrome/1 MySafari/1': 'an app',
  'MyMac OS X, Mac OS XY, CrOSs, myCrOS, Linuxes, myLinux, Windowses, myiPhone': 'an app',
  'MyApp/1.0 (Android 15)': 'an app on Android',
  '': 'an app',
};

test('common browsers and programs are named without versions', () => {
  for (const [agent, words] of Object.entries(known)) assert.equal(describeDevice(agent), words);
  assert.equal(describeDevice(null), 'an app');
});

test('only the first 300 characters are examined', () => {
  assert.equal(describeDevice(`${' '.repeat(292)}Firefox/`), 'Firefox');
  assert.equal(describeDevice(`${' '.repeat(293)}Firefox/`), 'an app');
});

test('L02 the description never repeats client input', () => {
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

test('I15 long user agents are described in less than 50 ms in total', () => {
  const begun = cpuMilliseconds();
  for (const agent of [
    ' '.repeat(8000),
    'Mozilla/'.repeat(1000),
    '('.repeat(8000),
    'Mac OS X'.repeat(1000),
  ])
    describeDevice(agent);
  assert.ok(cpuMilliseconds() - begun < 50);
});
