import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { credentialsOf, newRegistration } from '../factories.ts';
import { eventually } from '../faults/eventually.ts';
import { startDatabaseService, withoutPostgres } from '../faults/postgres-backed.ts';
import { findFreePort } from '../free-port.ts';
import {
  buildImage,
  type ImageConfig,
  inspectImage,
  layerSizes,
  makeBase,
  mountImage,
  unmountImages,
  withoutBuildah,
} from './buildah.ts';
import { type Container, startContainer } from './container.ts';

const root = join(import.meta.dirname, '../..');
const tag = 'localhost/adl';
const mostMegabytes = 150;
const mostStartMilliseconds = 2000;

type Lock = { packages: Record<string, { dev?: boolean }> };

const production = {
  PUBLIC_URL: 'https://accounts.example.com',
  DATABASE_URL: 'embedded',
  BCRYPT_ROUNDS: '10',
};

describe('the image', { skip: withoutBuildah }, () => {
  let config: ImageConfig;
  let file: string;
  before(async () => {
    await makeBase();
    await buildImage(tag, 'NODE_IMAGE', '--build-arg=REVISION=tests', '.');
    config = await inspectImage(tag);
    file = await mountImage(tag);
  });
  after(unmountImages);

  async function start(t: TestContext, env: Record<string, string> = {}) {
    const secret = { SECRET_KEY: randomBytes(48).toString('base64') };
    const port = await findFreePort();
    const container = startContainer(t, {
      file,
      config,
      port,
      env: { ...production, ...secret, ...env },
    });
    return container;
  }

  test('it says who it runs as, where it writes, and how it is asked and ended', () => {
    assert.equal(config.User, '1000:1000');
    assert.deepEqual(Object.keys(config.Volumes), ['/data']);
    assert.deepEqual(Object.keys(config.ExposedPorts), ['8000/tcp']);
    assert.equal(config.StopSignal, 'SIGTERM');
    assert.deepEqual(config.Entrypoint ?? [], []);
    // No shell in either.
    assert.equal(config.Cmd[0], 'node');
    assert.deepEqual(config.Healthcheck.Test.slice(0, 2), ['CMD', 'node']);
    const { version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const label = (name: string) => config.Labels[`org.opencontainers.image.${name}`];
    assert.deepEqual(
      [label('version'), label('licenses'), label('revision')],
      [version, license, 'tests'],
    );
    assert.doesNotMatch(config.Env.join(), /SECRET|PASSWORD|TOKEN|_URL/);
  });

  test(`it is smaller than ${mostMegabytes} MB compressed`, async (t) => {
    const megabytes = (await layerSizes(tag)).map((bytes) => bytes / 1e6);
    const total = megabytes.reduce((sum, one) => sum + one, 0);
    t.diagnostic(`${total.toFixed(1)} MB: ${megabytes.map((one) => one.toFixed(1)).join(' + ')}`);
    assert.ok(total < mostMegabytes, `${total} MB`);
  });

  test('it holds production packages, named in its SBOM, and no test, secret or second Node', () => {
    const files = globSync('**', {
      cwd: join(file, 'app'),
      exclude: (path) => /^node_modules\/.+\//.test(path),
    });
    assert.deepEqual(
      files.filter((path) => /\.test\.ts$|(^|\/)\.env|^data|^test|^docs/.test(path)),
      [],
    );
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const sbom = JSON.parse(readFileSync(join(file, 'app/sbom.cdx.json'), 'utf8'));
    assert.equal(sbom.bomFormat, 'CycloneDX');
    const named = new Set(
      sbom.components.map(({ group, name }: { group?: string; name: string }) =>
        group ? `${group}/${name}` : name,
      ),
    );
    for (const name of Object.keys(dependencies)) assert.ok(named.has(name), name);
    const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lock;
    const development = Object.keys(packages).filter((path) => packages[path]?.dev === true);
    for (const path of development) {
      assert.ok(!named.has(path.replace('node_modules/', '')), path);
      assert.ok(!existsSync(join(file, 'app', path)), path);
    }
    assert.deepEqual(globSync(join(file, 'app/node_modules/node-*')), []);
  });

  test('it serves without root, writes to its volume alone, and drains as process 1', async (t) => {
    const container = await start(t);
    const milliseconds = await untilReady(container);
    t.diagnostic(`first start, with a new database: ${milliseconds.toFixed(0)} ms`);
    const body = newRegistration();
    assert.equal((await container.request('POST', '/api/users/register', { body })).status, 201);
    const login = await container.request('POST', '/api/users/login', {
      body: credentialsOf(body),
    });
    assert.equal(login.status, 200);
    assert.deepEqual(container.run('node', '-p', 'process.getuid()').output.trim(), '1000');
    const write = (path: string) => container.run('node', '-e', `fs.writeFileSync('${path}', '')`);
    for (const path of [
      '/app/bundle/service/main.mjs',
      '/app/new',
      '/app/.compile-cache/new',
      '/tmp/new',
      '/etc/passwd',
    ])
      assert.match(write(path).output, /EROFS|EACCES/, path);
    assert.equal(write('/data/new').status, 0);
    // Read-only or not, the service cannot change its own code.
    const writable = container.run('find', '/app', '-writable', '-not', '-type', 'l').output.trim();
    assert.equal(writable, '');
    assert.equal(globSync(`${file}/app/.compile-cache/**`).length > 100, true);
    const health = config.Healthcheck.Test.slice(1);
    assert.equal(container.run(...health).status, 0);
    assert.match(container.run('adl', 'user', 'list').output, new RegExp(body.username));
    assert.equal(await container.terminate(), 0, container.output());
    assert.match(container.output(), /"msg":"Stopped"/);
  });

  test('without its settings it ends in lines that name each, and the health check fails', async (t) => {
    const container = await start(t, { SECRET_KEY: '', DATABASE_URL: '', PUBLIC_URL: '' });
    assert.equal(await container.exited, 1);
    for (const name of ['SECRET_KEY', 'DATABASE_URL', 'PUBLIC_URL'])
      assert.match(container.output(), new RegExp(`^configuration: failed - ${name} `, 'm'));
  });

  test('on PostgreSQL a start costs less than two seconds, by the compile cache', {
    skip: withoutPostgres,
  }, async (t) => {
    const { server } = await startDatabaseService(t);
    const { DATABASE_URL = '', SECRET_KEY = '' } = server.env;
    const costOf = async (env: Record<string, string>): Promise<number> => {
      const container = await start(t, { DATABASE_URL, SECRET_KEY, ...env });
      const milliseconds = await untilReady(container);
      const cost = container.cpuMilliseconds();
      t.diagnostic(`ready after ${milliseconds.toFixed(0)} ms, of which ${cost} ms processor time`);
      return cost;
    };
    // By the clock it also depends on what else this machine does.
    const cost = await costOf({});
    assert.ok(cost < mostStartMilliseconds, `${cost} ms`);
    assert.ok(
      cost < (await costOf({ NODE_COMPILE_CACHE: '' })),
      'the cache counts for another account or place',
    );
  });
});

function untilReady(container: Container): Promise<number> {
  const isReady = async () => {
    if (!container.isRunning()) throw new Error(container.output());
    const answer = await container.request('GET', '/health/ready').catch(() => null);
    return answer?.status === 200;
  };
  return eventually('it is ready', isReady, 60_000);
}
