import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { credentialsOf } from '../factories.ts';
import { type ServerProcess, startServer } from './server-process.ts';

const setupToken = '0f3c9a c2V0IHVwIG9uY2UsIGFuZCBuZXZlciBh';

describe('the log of a process', () => {
  let server: ServerProcess;
  const ends: (() => unknown)[] = [];
  before(async () => {
    const env = { LOG_LEVEL: 'debug', LOG_FORMAT: 'json', ADMIN_SETUP_TOKEN: setupToken };
    const keep = { after: (end: () => unknown) => void ends.push(end) };
    server = await startServer(keep, { env: { ...env, DATABASE_URL: await ownDatabase() } });
  });
  after(async () => {
    for (const end of ends.toReversed()) await end();
  });

  test('M01 all flows at debug level leave no secret, address, name or query in the log', async () => {
    const secrets = new Set<string>([setupToken, String(server.env.SECRET_KEY)]);
    const keep = <T extends Record<string, string>>(values: T): T => {
      for (const value of Object.values(values)) secrets.add(value);
      return values;
    };
    const post = async (
      path: string,
      body: Record<string, string>,
      options: Record<string, unknown> = {},
    ) => {
      const answer = await server.request<Record<string, string>>('POST', path, {
        body: keep(body),
        ...options,
      });
      for (const name of ['access_token', 'refresh_token']) {
        if (answer.body?.[name]) secrets.add(answer.body[name]);
      }
      return answer;
    };
    const random = () => randomBytes(9).toString('hex');

    const user = { username: `u${random()}`, email: `${random()}@example.com`, password: random() };
    const full = { ...user, full_name: `Ada ${random()}` };
    assert.equal((await post('/api/users/register', full)).status, 201);
    assert.equal((await post('/api/users/register', full)).status, 409);
    const wrong = { username: `typed-${random()}`, password: random() };
    assert.equal((await post('/api/users/login', wrong)).status, 401);
    assert.equal(
      (await post('/api/users/login', { email: user.email, password: random() })).status,
      401,
    );
    assert.equal((await post('/api/users/login', { username: random() })).status, 422);
    const login = await post('/api/users/login?next=query-secret', {
      username: user.email,
      password: user.password,
    });
    const headers = keep({
      'idempotency-key': random(),
      cookie: `session=${random()}`,
      'user-agent': random(),
    });
    const refreshed = await post(
      '/api/users/refresh',
      { refresh_token: login.body.refresh_token ?? '' },
      { headers },
    );
    assert.equal(refreshed.status, 200);
    const token = refreshed.body.access_token ?? '';
    assert.equal(
      (await server.request('GET', `/api/users/me?access_token=${token}`, { token })).status,
      200,
    );
    const newPassword = random();
    const change = { current_password: user.password, new_password: newPassword };
    assert.equal((await post('/api/users/change-password', change, { token })).status, 200);
    const profile = keep({ email: `${random()}@example.com`, full_name: `Grace ${random()}` });
    const body = { ...profile, current_password: newPassword };
    assert.equal((await server.request('PUT', '/api/users/me', { body, token })).status, 200);
    assert.equal((await post('/api/password/forgot-password', { email: user.email })).status, 200);
    assert.equal(
      (await post('/api/password/reset-password', { token: random(), new_password: random() }))
        .status,
      400,
    );

    const admin = {
      username: `a${random()}`,
      email: `${random()}@example.com`,
      password: random(),
    };
    const setup = { headers: { 'x-setup-token': setupToken } };
    assert.equal((await post('/api/admins/register', admin, setup)).status, 201);
    const adminLogin = await post('/api/admins/login', {
      email: admin.email,
      password: admin.password,
    });
    const search = `/api/admins/users?q=${user.email}&page=query-secret`;
    assert.equal(
      (await server.request('GET', search, { token: adminLogin.body.access_token ?? '' })).status,
      422,
    );
    const found = `/api/admins/users?q=${profile.email}`;
    const list = await server.request('GET', found, { token: adminLogin.body.access_token ?? '' });
    assert.equal(list.body.total, 1);
    assert.equal(
      (await post('/api/users/logout', { refresh_token: refreshed.body.refresh_token ?? '' }))
        .status,
      204,
    );

    const last = await server.request('GET', '/health/live');
    await linesAfter(server, [String(last.headers['x-request-id'])]);
    const logs = server.logs();
    for (const secret of secrets)
      assert.equal(logs.includes(secret), false, `${secret} is in the log`);
    assert.ok(secrets.size > 20, 'the secrets were collected');
    assert.doesNotMatch(logs, /\?|query-secret|\$2[aby]\$|eyJ|Bearer|Ada |Grace /);
    assert.doesNotMatch(logs, /@/);
  });

  test('every line of a request has its id, also SQL lines, which show no parameters', async () => {
    const user = {
      username: 'ada.lovelace',
      email: 'ada@example.com',
      password: 'violet harbour anvil 93',
    };
    assert.equal((await server.request('POST', '/api/users/register', { body: user })).status, 201);
    const login = await server.request('POST', '/api/users/login', { body: credentialsOf(user) });
    const token = String(login.body.access_token);
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => server.request('GET', '/api/users/me', { token })),
    );
    const lines = (
      await linesAfter(
        server,
        answers.map(({ headers }) => String(headers['x-request-id'])),
      )
    ).map((line): Record<string, unknown> => JSON.parse(line));
    let statementsOfCallers = 0;
    for (const { headers, status } of answers) {
      assert.equal(status, 200);
      const own = lines.filter((line) => line.request_id === headers['x-request-id']);
      const [first, ...rest] = own;
      assert.match(String(first?.msg), /^Incoming request: GET \/api\/users\/me$/);
      assert.match(String(rest.pop()?.msg), /Status: 200$/);
      // Requests of one moment share a statement, which is the line of the first.
      for (const { msg, level } of rest) {
        assert.match(String(msg), /^SQL \(\d+\.\d ms\): select .*\$1/is);
        assert.equal(level, 'debug');
      }
      statementsOfCallers += rest.length;
    }
    assert.ok(statementsOfCallers >= 1 && statementsOfCallers <= answers.length);
    const served = lines.slice(
      lines.findIndex(({ msg }) => String(msg).startsWith('Listening')) + 1,
    );
    const statements = served.filter(({ msg }) => String(msg).startsWith('SQL'));
    // Registration and sign-in hash in threads: log lines after that must still have the request's
    // id.
    assert.ok(statements.some(({ msg }) => /insert into "users"/.test(String(msg))));
    assert.ok(statements.some(({ msg }) => /insert into "sessions"/.test(String(msg))));
    for (const { msg, request_id: id, job } of served) {
      assert.match(
        String(id ?? job),
        /^[0-9a-f-]{36}$|^mails$|^password-reset-requests$/,
        String(msg),
      );
    }
  });

  /** Undefined if the server is to use its embedded database. */
  async function ownDatabase(): Promise<string | undefined> {
    const url = process.env.TEST_DATABASE_URL;
    if (url === undefined) return undefined;
    const name = `adl_logs_${randomBytes(6).toString('hex')}`;
    const administrator = new pg.Client({ connectionString: url });
    await administrator.connect();
    await administrator.query(`CREATE DATABASE ${name}`);
    ends.push(async () => {
      await administrator.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await administrator.end();
    });
    const own = new URL(url);
    own.pathname = `/${name}`;
    return own.href;
  }
});

/** All lines, once those of the requests are complete: a line may come shortly after its answer. */
async function linesAfter(server: ServerProcess, ids: string[]): Promise<string[]> {
  const isCompleted = (id: string) => (line: string) =>
    line.includes(id) && line.includes('completed');
  for (let waits = 0; waits < 200; waits++) {
    const lines = server.stdoutLines();
    if (ids.every((id) => lines.some(isCompleted(id)))) return lines;
    await sleep(10);
  }
  return assert.fail('a request was not fully logged');
}
