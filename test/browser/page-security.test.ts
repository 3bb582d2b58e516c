import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, signIn, startWithPages, visit } from './visitor.ts';

const user = {
  username: 'ada.lovelace',
  email: 'ada@example.com',
  password: 'violet harbour anvil 93',
};
const admin = {
  username: 'root.admin',
  email: 'root@example.com',
  password: 'granite lantern 48 oak',
};
const hostile = [
  '<img src=x onerror=alert(1)>',
  '</script><script>alert(1)</script>',
  '{{7*7}}',
  '<svg/onload=alert(1)>',
];

describe('attacks on the pages, in a browser', { skip: withoutChromium }, async () => {
  const server = await startWithPages({ after }, { APP_URL: 'https://app.example.com/home' });
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  await server.request('POST', '/api/admins/register', { body: admin });
  await server.request('POST', '/api/users/register', { body: user });

  test('J05 the session is a strict cookie that no script reads, gone after signing out', async (t) => {
    const visitor = await visit(t, browser);
    const { page, context } = visitor;
    await signIn(visitor, url, user);
    const [cookie, ...others] = await context.cookies();
    assert.deepEqual(others, []);
    assert.deepEqual(
      [cookie?.name, cookie?.httpOnly, cookie?.sameSite],
      ['adl_user', true, 'Strict'],
    );
    assert.equal(await page.evaluate('document.cookie'), '');
    const kept = await page.evaluate<string>(
      'JSON.stringify([{...localStorage}, {...sessionStorage}])',
    );
    assert.doesNotMatch(kept, /eyJ|r1\./, 'a token is in storage');
    assert.equal(await page.evaluate('indexedDB.databases().then((all) => all.length)'), 0);
    await page.getByRole('button', { name: 'Your account' }).click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    assert.deepEqual(await context.cookies(), []);
    assertQuiet(visitor, url);
  });

  test('J04 a form of another site changes nothing, and its script gets no session', async (t) => {
    const visitor = await visit(t, browser);
    await signIn(visitor, url, user);
    const page = await visitor.context.newPage();
    const elsewhere = url.replace('localhost', '127.0.0.1');
    await page.route(`${elsewhere}/evil`, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<form method="post" enctype="text/plain" action="${url}/api/users/logout"><button>Win</button></form>`,
      }),
    );
    await page.goto(`${elsewhere}/evil`);
    await page.getByRole('button').click();
    await page.getByText('UnsupportedMediaTypeError').waitFor();
    await page.goto(`${elsewhere}/evil`);
    const stolen = await page.evaluate(
      `fetch('${url}/api/users/refresh', { method: 'POST', credentials: 'include', headers: { 'x-session-mode': 'cookie' } }).then(({ status }) => status, () => 'refused')`,
    );
    assert.equal(stolen, 'refused');
    await visitor.page.reload();
    await visitor.page.getByRole('heading', { name: 'Profile', level: 1 }).waitFor();
  });

  test('J09 return_to leads to these pages and to the application, and nowhere else', async (t) => {
    const targets: [given: string, path: string][] = [
      ['//evil.example', '/app'],
      [String.raw`/\evil.example`, '/app'],
      [String.raw`\\evil.example`, '/app'],
      ['/%2F%2Fevil.example', '/app'],
      ['/%09/evil.example', '/app'],
      ['/\t/evil.example', '/app'],
      ['https:evil.example', '/app'],
      ['https://evil.example/app', '/app'],
      ['https://app.example.com.evil.example', '/app'],
      ['https://app.example.com@evil.example', '/app'],
      ['javascript:alert(1)', '/app'],
      ['data:text/html,<script>alert(1)</script>', '/app'],
      ['/api/users/me', '/app'],
      ['/app/security', '/app/security'],
    ];
    const visitor = await visit(t, browser);
    const { page } = visitor;
    await signIn(visitor, url, user);
    for (const [given, path] of targets) {
      await page.goto(`${url}/app/sign-in?return_to=${encodeURIComponent(given)}`);
      await page.getByRole('navigation').waitFor();
      assert.equal(page.url(), url + path, given);
    }
    await page.route('https://app.example.com/**', (route) =>
      route.fulfill({ body: 'the application' }),
    );
    await page.goto(
      `${url}/app/sign-in?return_to=${encodeURIComponent('https://app.example.com/inbox?a=1')}`,
    );
    await page.waitForURL('https://app.example.com/inbox?a=1');
  });

  test('J10 names full of markup are text, for their owner and for admins', async (t) => {
    for (const [at, full_name] of hostile.entries()) {
      const body = {
        username: `hostile${at}`,
        email: `h${at}@example.com`,
        password: user.password,
        full_name,
      };
      assert.equal((await server.request('POST', '/api/users/register', { body })).status, 201);
    }
    const console = await visit(t, browser);
    const { page } = console;
    page.on('dialog', () => assert.fail('a script of a name ran'));
    await signIn(console, url, admin, 'admin');
    await page.goto(`${url}/app/admin/users`);
    for (const name of hostile) await page.getByText(name, { exact: true }).waitFor();
    await page.getByRole('link', { name: /hostile0/ }).click();
    await page.getByRole('heading', { name: hostile[0] ?? '' }).waitFor();
    assertQuiet(console, url);

    const owner = await visit(t, browser);
    owner.page.on('dialog', () => assert.fail('a script of a name ran'));
    await signIn(owner, url, { ...user, username: 'hostile1' });
    await owner.page.getByText(hostile[1] ?? '', { exact: true }).waitFor();
    assertQuiet(owner, url);
  });

  test('J08 every page and every file of it comes from here under a strict policy', async () => {
    for (const path of ['/app/sign-in', '/app/nowhere', '/app/admin/users']) {
      const response = await fetch(url + path, { headers: { accept: 'text/html' } });
      const policy = response.headers.get('content-security-policy') ?? '';
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/, path);
      assert.doesNotMatch(policy, /unsafe|https?:|\*/, path);
      assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
      const html = await response.text();
      assert.doesNotMatch(html, /\son\w+=|style=|javascript:/i);
      for (const [, address = ''] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
        assert.match(address, /^\/app\//);
        assert.equal((await fetch(url + address)).status, 200, address);
      }
    }
  });
});
