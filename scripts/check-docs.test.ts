import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { checkDocuments } from './check-docs.ts';
import { envExample } from './documents/env-example.ts';

const sound = {
  'README.md':
    '# ADL\n\nSee [the tour](ARCHITECTURE.md#a-tour) and [below](#adl).\n\n```\nnpm test\n```\n',
  'ARCHITECTURE.md':
    '# ARCHITECTURE\n\n## A tour\n\n`src/main.ts` and `features/sign-in/`, then `routes.ts`.\n',
  'STYLE.md': 'Run `npm run check`.',
  'CONTRIBUTING.md':
    'Set `SECRET_KEY`, or with Docker `SECRET_KEY_FILE`; tests read `TEST_DATABASE_URL`.',
  'SECURITY.md': 'Nothing to see.',
  'package.json': '{"scripts":{"test":"t","check":"c"}}',
  'docs/routes.txt': 'GET /\n',
  'docs/operating.md': 'Back to [the start](../README.md) and `scripts/*.ts`.',
  'src/main.ts': '',
  'src/features/sign-in/routes.ts': '',
  'scripts/test.ts': 'process.env.TEST_DATABASE_URL',
  'docs/audit.md': 'Shown by `test/attacks/login.test.ts` C01 C02, and more.',
  'test/attacks/login.test.ts': "test('C01 C02 a name')",
};

function faultsOf(files: Record<string, string>): string[] {
  const root = mkdtempSync(join(tmpdir(), 'documents-'));
  try {
    for (const [path, content] of Object.entries({ ...sound, ...files })) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    return checkDocuments(root, ['SECRET_KEY', 'SECRET_KEY_FILE'], {
      'docs/routes.txt': 'GET /\n',
    });
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('sound documents have no fault', () => {
  assert.deepEqual(faultsOf({}), []);
});

test('a document that everybody looks for must be there', () => {
  const root = mkdtempSync(join(tmpdir(), 'documents-'));
  writeFileSync(join(root, 'package.json'), '{"scripts":{}}');
  assert.match(
    checkDocuments(root, [], {}).join(),
    /README\.md is missing.*SECURITY\.md is missing/,
  );
  rmSync(root, { recursive: true });
});

const lies: [string, RegExp][] = [
  ['`test/attacks/login.test.ts` C01 C03', /login\.test\.ts shows C03, which it does not name/],
  ['`npm run deploy`', /names the script deploy/],
  ['```sh\nnpm start\n```', /names the script start/],
  ['`src/server.ts`', /names src\/server\.ts, which does not exist/],
  ['`features/sign-up/`', /names features\/sign-up\//],
  ['`test/*.test.ts`', /names test\/\*\.test\.ts/],
  ['`sign-in.ts`', /names sign-in\.ts/],
  ['```\nnode scripts/gone.ts --write\n```', /names scripts\/gone\.ts/],
  ['`SECRET_KEYS`', /names the variable SECRET_KEYS/],
  ['`SECRET_KEY_OLD=x npm test`', /names the variable SECRET_KEY_OLD/],
  ['```\nexport PORTS=80\n```', /names the variable PORTS/],
  ['[guide](docs/guide.md)', /links to docs\/guide\.md/],
  ['[tour](ARCHITECTURE.md#the-tour)', /links to ARCHITECTURE\.md#the-tour/],
  ['[up](#nowhere)', /links to #nowhere/],
  ['[guide]: docs/guide.md', /links to docs\/guide\.md/],
];
for (const [lie, fault] of lies) {
  test(`a document cannot say ${JSON.stringify(lie)}`, () => {
    const faults = faultsOf({ 'SECURITY.md': lie });
    assert.equal(faults.length, 1, faults.join('\n'));
    assert.match(faults[0] ?? '', fault);
  });
}

test('the past may name what is gone, but its links lead somewhere', () => {
  const faults = faultsOf({
    'docs/decisions/0001-old.md': '`src/gone.ts` and [that](../../src/gone.ts)',
  });
  assert.deepEqual(faults, [
    'docs/decisions/0001-old.md links to ../../src/gone.ts, which leads nowhere',
  ]);
});

test('a generated file that is older than its source is refused', () => {
  const faults = faultsOf({ 'docs/routes.txt': 'GET /old\n' });
  assert.deepEqual(faults, [
    'docs/routes.txt is not what the source says: node scripts/check-docs.ts --write',
  ]);
});

test('.env.example changes nothing as it is, and with the # off gives each value or leaves it empty', () => {
  const text = envExample([
    { name: 'PROJECT_NAME', default: 'ADL Production', description: 'The name.' },
    { name: 'DATABASE_URL', default: 'none: embedded', description: 'Where.' },
    { name: 'LOG_FORMAT', default: 'development: pretty; production: json', description: 'How.' },
  ]);
  assert.deepEqual({ ...parseEnv(text) }, {});
  const uncommented = parseEnv(text.replaceAll(/^#(?=\w)/gm, ''));
  assert.deepEqual(
    { ...uncommented },
    { PROJECT_NAME: 'ADL Production', DATABASE_URL: '', LOG_FORMAT: '' },
  );
  assert.match(text, /# How\.\n# Default: development: pretty; production: json\n#LOG_FORMAT=/);
});
