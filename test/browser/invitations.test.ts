import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { eventually } from '../faults/eventually.ts';
import { settingsOfSink, startSmtpSink } from '../smtp-sink.ts';
import { findViolations } from './axe.ts';
import { launchChromium, withoutChromium } from './browser-page.ts';
import { assertQuiet, signIn, startWithPages, visit } from './visitor.ts';

const pictures = join(import.meta.dirname, '../../.tmp/pages');
const admin = {
  username: 'root.admin',
  email: 'root@example.com',
  password: 'granite lantern 48 oak',
};
const password = 'violet harbour anvil 93';

describe('invitations, in a browser', { skip: withoutChromium }, async () => {
  const sink = await startSmtpSink({ after });
  const server = await startWithPages(
    { after },
    {
      REGISTRATION: 'invited',
      ...settingsOfSink(sink),
    },
  );
  const { url } = server;
  const browser = await launchChromium();
  after(() => browser.close());
  mkdirSync(pictures, { recursive: true });
  const first = await server.request('POST', '/api/admins/register', { body: admin });
  assert.equal(first.status, 201);

  async function linkTo(email: string, known = 0): Promise<string> {
    const mails = () => sink.mails.filter(({ recipients }) => recipients.includes(email));
    await eventually(`a mail to ${email}`, () => mails().length > known, 60_000);
    return /http\S+/.exec(mails().at(-1)?.parsed.text ?? '')?.[0] ?? '';
  }

  for (const [width, locale, colorScheme] of [
    [1280, 'en-GB', 'light'],
    [390, 'de-DE', 'dark'],
  ] as const) {
    const english = {
      invite: 'Invite',
      email: 'Email address',
      name: 'Full name',
      send: 'Send the invitation',
      badge: 'Invited',
      again: 'Send the invitation again',
      resent: 'Invitation sent again',
      username: 'Username',
      password: 'Password',
      accept: 'Create my account',
      go: 'Go to your account',
      over: /invalid, has been used or has expired/,
    };
    const german = {
      invite: 'Einladen',
      email: 'E-Mail-Adresse',
      name: 'Vollständiger Name',
      send: 'Einladung senden',
      badge: 'Eingeladen',
      again: 'Einladung erneut senden',
      resent: 'Die Einladung ist wieder unterwegs',
      username: 'Benutzername',
      password: 'Passwort',
      accept: 'Mein Konto anlegen',
      go: 'Zu Ihrem Konto',
      over: /ungültig, benutzt oder abgelaufen/,
    };
    const t = locale === 'en-GB' ? english : german;

    test(`invite, send again, accept, and be signed in: ${locale}, ${width}`, async (context) => {
      const email = `grace.${width}@example.com`;
      const owner = await visit(context, browser, { width, colorScheme });
      await signIn(owner, url, admin, 'admin');
      const german = locale === 'de-DE';
      if (german) await owner.page.evaluate(() => localStorage.setItem('adl:language', 'de'));
      const { page } = owner;
      await page.goto(`${url}/app/admin/users`);
      await page.getByRole('button', { name: t.invite, exact: true }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel(t.email).fill(email);
      await dialog.getByLabel(t.name).fill('Grace Hopper');
      assert.deepEqual(await findViolations(page), []);
      await page.screenshot({ path: join(pictures, `invite-${width}.png`) });
      await dialog.getByRole('button', { name: t.send }).click();
      await page.getByRole('heading', { name: 'Grace Hopper' }).waitFor();
      await page.getByText(t.badge, { exact: true }).first().waitFor();
      assert.deepEqual(await findViolations(page), []);
      await page.screenshot({ path: join(pictures, `invited-user-${width}.png`) });
      await linkTo(email);
      await page.getByRole('button', { name: t.again }).click();
      await page.getByText(t.resent).waitFor();
      await page.goto(`${url}/app/admin/users?state=invited`);
      await page.getByRole('link', { name: new RegExp(email) }).waitFor();
      await page.screenshot({ path: join(pictures, `invited-list-${width}.png`) });

      const link = await linkTo(email, 1);
      const guest = await visit(context, browser, { width, locale, colorScheme });
      await guest.page.goto(link);
      await guest.page.getByText(email).waitFor();
      assert.equal(guest.page.url(), `${url}/app/invitation`);
      assert.deepEqual(await findViolations(guest.page), []);
      await guest.page.screenshot({
        path: join(pictures, `invitation-${width}.png`),
        fullPage: true,
      });
      await guest.page.getByLabel(t.username).fill('x');
      await guest.page.getByLabel(t.password, { exact: true }).fill('password1');
      await guest.page.getByRole('button', { name: t.accept }).click();
      await guest.page.getByRole('alert').filter({ hasText: /\w/ }).first().waitFor();
      await guest.page.screenshot({
        path: join(pictures, `invitation-fault-${width}.png`),
        fullPage: true,
      });
      await guest.page.getByLabel(t.username).fill(`grace.${width}`);
      await guest.page.getByLabel(t.password, { exact: true }).fill(password);
      await guest.page.getByRole('button', { name: t.accept }).click();
      await guest.page.getByRole('link', { name: t.go }).click();
      await guest.page.waitForURL(`${url}/app`);
      await guest.page.getByText(email).first().waitFor();
      assertQuiet(guest, url, /422/);

      const late = await visit(context, browser, { width, locale, colorScheme });
      await late.page.goto(link);
      await late.page.getByText(t.over).waitFor();
      assert.deepEqual(await findViolations(late.page), []);
      await late.page.screenshot({ path: join(pictures, `invitation-over-${width}.png`) });
      assertQuiet(late, url, /400/);
      assertQuiet(owner, url);
    });
  }

  test('nobody is led to sign up where that is by invitation', async (t) => {
    const visitor = await visit(t, browser, { width: 390 });
    await visitor.page.goto(`${url}/app/sign-in`);
    await visitor.page.getByLabel('Username or email address').waitFor();
    assert.equal(await visitor.page.getByRole('link', { name: 'Sign up' }).count(), 0);
    await visitor.page.goto(`${url}/app/sign-up`);
    await visitor.page.getByRole('heading', { name: 'You cannot sign up here' }).waitFor();
    assert.deepEqual(await findViolations(visitor.page), []);
    await visitor.page.screenshot({ path: join(pictures, 'sign-up-closed.png') });
    assertQuiet(visitor, url);
  });
});
