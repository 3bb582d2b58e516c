/**
 * Draws the pictures of the README anew, from the real service with made-up figures:
 *
 *     npm run screenshots
 */
import { join } from 'node:path';
import pg from 'pg';
import type { Page } from 'playwright-core';
import { launchChromium } from './browser-page.ts';
import { type Person, signIn, startWithPages } from './visitor.ts';

const directory = join(import.meta.dirname, '../../docs/images');
const size = { width: 1440, height: 900 };
const names = [
  'Ada Lovelace',
  'Alan Turing',
  'Barbara Liskov',
  'Claude Shannon',
  'Donald Knuth',
  'Edsger Dijkstra',
  'Frances Allen',
  'Grace Hopper',
  'Hedy Lamarr',
  'Ida Rhodes',
  'Jean Bartik',
  'John Backus',
  'Karen Sparck Jones',
  'Katherine Johnson',
  'Ken Thompson',
  'Leslie Lamport',
  'Lynn Conway',
  'Margaret Hamilton',
  'Mary Keller',
  'Niklaus Wirth',
  'Radia Perlman',
  'Rozsa Peter',
  'Sophie Wilson',
  'Tony Hoare',
];
const password = 'violet harbour anvil 93';
const admin = {
  username: 'mary.hartley',
  email: 'mary.hartley@example.com',
  full_name: 'Mary Hartley',
  password,
};

const ends: (() => unknown)[] = [];
const lifetime = { after: (end: () => unknown) => void ends.push(end) };
const server = await startWithPages(lifetime, {
  PROJECT_NAME: 'Lumen',
  OIDC_PROVIDERS: 'google,github',
  OIDC_GOOGLE_CLIENT_ID: 'lumen',
  OIDC_GITHUB_CLIENT_ID: 'lumen',
  OIDC_GITHUB_CLIENT_SECRET: 'lumen',
});
const database = new pg.Client({ connectionString: server.env.DATABASE_URL });
await database.connect();
lifetime.after(() => database.end());
const browser = await launchChromium();
lifetime.after(() => browser.close());

await addPeople();
await addFigures();
await show('overview', 'light', admin, async (page) => {
  await page.getByText('Sign-ins and registrations by day').waitFor();
  await page.locator('svg').last().hover();
});
await show('users', 'light', admin, async (page) => {
  await page.goto(`${server.url}/app/admin/users`);
  await page.getByRole('row').nth(12).waitFor();
});
await show('security', 'dark', personOf('Ada Lovelace'), async (page) => {
  await addPasskeys(personOf('Ada Lovelace').username);
  await page.goto(`${server.url}/app/security`);
  await page.getByText('YubiKey').waitFor();
  await page.locator('[aria-busy="true"]:not(button)').first().waitFor({ state: 'detached' });
});
for (const end of ends.toReversed()) await end();

function personOf(name: string): Person & { full_name: string } {
  const username = name.toLowerCase().replaceAll(' ', '.');
  return { username, email: `${username}@example.com`, full_name: name, password };
}

async function addPeople(): Promise<void> {
  await server.request('POST', '/api/admins/register', { body: admin });
  for (const [index, name] of names.entries()) {
    await server.request('POST', '/api/users/register', { body: personOf(name) });
    await database.query(
      `UPDATE users SET created_at = now() - make_interval(hours => $2), is_email_verified = $3, is_active = $4
        WHERE username = $1`,
      [personOf(name).username, index * 37 + 5, index % 9 !== 4, index % 11 !== 7],
    );
  }
}

async function addPasskeys(username: string): Promise<void> {
  for (const [name, days] of [
    ['MacBook Air', 41],
    ['YubiKey', 12],
  ] as const)
    await database.query(
      `INSERT INTO passkeys (id, subject_kind, subject_id, credential_id, public_key, counter, transports, is_synced, name, created_at, last_used_at)
       SELECT gen_random_uuid(), 'user', id, $2, '', 0, '', false, $3, now() - make_interval(days => $4), now() - interval '3 hours'
         FROM users WHERE username = $1`,
      [username, Buffer.from(name), name, days],
    );
}

/** Ninety days that grow, with weekends, and one night on which somebody tried passwords. */
async function addFigures(): Promise<void> {
  await database.query('DELETE FROM registration_counts; DELETE FROM sign_in_counts');
  for (let ago = 89; ago >= 0; ago -= 1) {
    const wave = 1 + 0.3 * Math.sin((ago / 7) * 2 * Math.PI);
    const grown = (90 - ago) / 90;
    const day = `(now() AT TIME ZONE 'UTC')::date - ${ago}`;
    const signIns = Math.round((190 + 160 * grown) * wave);
    const failures = Math.round(14 + 8 * wave) + (ago === 12 ? 80 : 0);
    await database.query(
      `INSERT INTO registration_counts VALUES (${day}, ${Math.round((28 + 26 * grown) * wave)});
       INSERT INTO sign_in_counts VALUES (${day}, 'success', ${signIns}), (${day}, 'failure', ${failures})`,
    );
  }
}

async function show(
  name: string,
  colorScheme: 'light' | 'dark',
  person: Person,
  arrange: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport: size, colorScheme, locale: 'en-GB' });
  const page = await context.newPage();
  await signIn({ page }, server.url, person, person === admin ? 'admin' : 'user');
  await arrange(page);
  await page.screenshot({ path: join(directory, `${name}.png`) });
  await context.close();
}
