import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Secret, TOTP } from 'otpauth';
import { eventually } from '../faults/eventually.ts';
import { settingsOfSink, startSmtpSink } from '../smtp-sink.ts';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, type Person, startWithPages, visit } from './visitor.ts';

const pictures = join(import.meta.dirname, '../../.tmp/pages');
const password = 'violet harbour anvil 93';

describe('sign-in by e-mail, in a browser', { skip: withoutChromium }, async () => {
  const sink = await startSmtpSink({ after });
  const server = await startWithPages(
    { after },
    {
      EMAIL_SIGN_IN: 'true',
      ...settingsOfSink(sink),
    },
  );
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  mkdirSync(pictures, { recursive: true });

  async function register(username: string): Promise<Person> {
    const person = { username, email: `${username}@example.com`, password };
    const { status } = await server.request('POST', '/api/users/register', { body: person });
    assert.equal(status, 201);
    return person;
  }

  /** The newest mail to sign in, as a mail program reads it. */
  async function mailTo(email: string, known = 0) {
    const mails = () =>
      sink.mails.filter(
        ({ recipients, parsed }) =>
          recipients.includes(email) && parsed.subject?.startsWith('Sign in'),
      );
    await eventually(`a mail to ${email}`, () => mails().length > known, 60_000);
    const text = mails().at(-1)?.parsed.text ?? '';
    const [, code = ''] = /Code: (\d{4} \d{4})/.exec(text) ?? [];
    const [link = ''] = /http\S+/.exec(text) ?? [];
    return { code, link };
  }

  for (const [width, locale, colorScheme] of [
    [390, 'en-GB', 'light'],
    [1280, 'de-DE', 'dark'],
  ] as const) {
    const words =
      locale === 'en-GB'
        ? {
            offer: 'Sign in by email',
            email: 'Email address',
            send: 'Email me a code',
            confirm: 'Sign in',
          }
        : {
            offer: 'Per E-Mail anmelden',
            email: 'E-Mail-Adresse',
            send: 'E-Mail senden',
            confirm: 'Anmelden',
          };

    test(`a pasted code signs in, and leads where one wanted to go: ${locale}, ${width}`, async (t) => {
      const person = await register(`ada.${width}`);
      const visitor = await visit(t, browser, { width, locale, colorScheme });
      const { page, context } = visitor;
      await page.goto(`${url}/app/sign-in?return_to=${encodeURIComponent('/app/security')}`);
      await page.getByRole('button', { name: words.offer }).click();
      assert.deepEqual(await findViolations(page), []);
      await page.screenshot({ path: join(pictures, `email-sign-in-${width}.png`) });
      await page.getByLabel(words.email).fill(person.email);
      await page.getByRole('button', { name: words.send }).click();
      const field = page.getByLabel('Code', { exact: true });
      await field.waitFor();
      assert.equal(await field.getAttribute('autocomplete'), 'one-time-code');
      assert.equal(await field.evaluate((one) => one === one.ownerDocument.activeElement), true);
      assert.deepEqual(await findViolations(page), []);
      await page.screenshot({ path: join(pictures, `email-code-${width}.png`) });

      await field.fill('00000000');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor();
      await page.screenshot({ path: join(pictures, `email-code-wrong-${width}.png`) });
      const { code } = await mailTo(person.email);
      await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: url });
      await page.evaluate(`navigator.clipboard.writeText(' ${code} ')`);
      await field.fill('');
      await field.focus();
      await page.keyboard.press('Control+v');
      await page.getByRole('button', { name: words.confirm, exact: true }).click();
      await page.waitForURL(`${url}/app/security`);
      const stored = await page.evaluate<string>(
        'JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)])',
      );
      assert.doesNotMatch(stored, /eyJ|r1\./);
      const cookies = await context.cookies();
      for (const cookie of cookies) assert.equal(cookie.httpOnly, true, cookie.name);
      assertQuiet(visitor, url, /401/);
    });

    test(`the link asks before it signs in, and works once: ${locale}, ${width}`, async (t) => {
      const person = await register(`grace.${width}`);
      await server.request('POST', '/api/users/login/email', { body: { email: person.email } });
      const { link } = await mailTo(person.email);
      // A scanner that runs the scripts of the page.
      const scanner = await visit(t, browser);
      await scanner.page.goto(link, { waitUntil: 'networkidle' });

      const visitor = await visit(t, browser, { width, locale, colorScheme });
      const { page } = visitor;
      await page.goto(link);
      await page.getByRole('button', { name: words.confirm, exact: true }).waitFor();
      assert.equal(page.url(), `${url}/app/sign-in-link`, 'the token is in no history');
      assert.deepEqual(await findViolations(page), []);
      await page.screenshot({ path: join(pictures, `sign-in-link-${width}.png`) });
      await page.getByRole('button', { name: words.confirm, exact: true }).click();
      await page.waitForURL(`${url}/app`);
      assertQuiet(visitor, url);

      const late = await visit(t, browser, { width, locale, colorScheme });
      await late.page.goto(link);
      await late.page.getByRole('button', { name: words.confirm, exact: true }).click();
      await late.page.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor();
      assert.deepEqual(await findViolations(late.page), []);
      await late.page.screenshot({ path: join(pictures, `sign-in-link-over-${width}.png`) });
      assertQuiet(late, url, /401/);
    });
  }

  test('where an app is in force, the link asks for its code', async (t) => {
    const person = await register('lin.second');
    await server.request('POST', '/api/users/login/email', { body: { email: person.email } });
    const first = await mailTo(person.email);
    const token = first.link.split('#token=')[1];
    const path = '/api/users/login/email/confirm';
    const { body } = await server.request('POST', path, { body: { token } });
    const access = { token: String(body.access_token) };
    const begun = await server.request('POST', '/api/users/me/factors/totp', {
      body: {},
      ...access,
    });
    const secret = Secret.fromBase32(String(begun.body.secret));
    const codeIn = (steps: number) =>
      new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 });
    const confirmation = `/api/users/me/factors/totp/${begun.body.id}/confirm`;
    const confirmed = await server.request('POST', confirmation, {
      body: { code: codeIn(-1) },
      ...access,
    });
    assert.equal(confirmed.status, 200);

    await server.request('POST', '/api/users/login/email', { body: { email: person.email } });
    const { link } = await mailTo(person.email, 1);
    const visitor = await visit(t, browser, { width: 390 });
    const { page } = visitor;
    await page.goto(link);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByLabel('Code', { exact: true }).fill(codeIn(0));
    assert.deepEqual(await findViolations(page), []);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/app`);
    assertQuiet(visitor, url, /401/);
  });
});
