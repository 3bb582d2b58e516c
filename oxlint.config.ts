// What needs types and what biome does not know; biome is the formatter and the first linter.
import { defineConfig, type OxlintOverride } from 'oxlint';

/**
 * From the lowest up; what stands on no floor (`main.ts`, `adl.ts`, `app.ts`, `process/`) may
 * import all.
 */
const floors = [
  ['platform'],
  ['configuration'],
  ['domain'],
  ['access'],
  ['flows'],
  ['admin', 'operations', 'cli'],
];

/** Modules that open connections, or start what may. */
const nodeModules = [
  'http',
  'https',
  'http2',
  'net',
  'tls',
  'dgram',
  'dns',
  'dns/promises',
  'child_process',
];
const packages = [
  'undici',
  'axios',
  'got',
  'ws',
  'pg',
  'ioredis',
  'redis',
  'nodemailer',
  's3mini',
  '@opentelemetry/exporter-trace-otlp-http',
  'openid-client',
];
const connecting = [...nodeModules, ...nodeModules.map((name) => `node:${name}`), ...packages];

/** Who may call, each address from the configuration alone. */
const callingFiles: Record<string, string> = {
  'src/platform/database/postgres-engine.ts': 'DATABASE_URL',
  'src/platform/database/primary-connections.ts': 'DATABASE_URL',
  'src/platform/database/postgres-bulk.ts': 'DATABASE_URL',
  'src/platform/file-stores/bucket-store.ts': 'BACKUP_TO',
  'src/platform/rate-limit/redis-limiter.ts': 'REDIS_URL',
  'src/platform/smtp/smtp-transport.ts': 'SMTP_HOST',
  'src/platform/database/embedded-engine.ts':
    'starts initialize-embedded.ts, which talks to nobody',
  'src/platform/http/close-listener.ts': 'its own port, when it stops',
  'src/platform/digest-ranges/ask-range.ts': 'BREACHED_PASSWORDS_URL',
  'src/cli/local-socket/serve-commands.ts': 'a socket in DATA_DIR',
  'src/cli/local-socket/ask-server.ts': 'the same',
  'src/cli/fastapi/read-fastapi.ts': 'the database that the operator names on the command line',
  'src/platform/outbound/guarded-fetch.ts': 'what its callers say, behind its guard',
  'src/domain/providers/openid-provider.ts':
    'OIDC_…_ISSUER and what is found there, by guarded-fetch.ts',
  'src/domain/providers/github-provider.ts': 'the same of GitHub',
  'src/platform/opentelemetry/open-exporter.ts': 'OTEL_EXPORTER_OTLP_ENDPOINT',
  'src/operations/diagnosis/network/ask-public-url.ts':
    'PUBLIC_URL, or there the address given to adl doctor',
  'src/operations/diagnosis/network/redis.ts': 'REDIS_URL',
  'src/operations/diagnosis/network/mail-domain.ts':
    'name servers, about the domain of SMTP_FROM_EMAIL',
  'src/process/optional-services.ts': 'whether somebody listens at REDIS_URL and SMTP_HOST',
};

/** Who uses a value of those modules that opens no connection. */
const harmlessValues: Record<string, [name: string, value: string]> = {
  'src/platform/http/cidr.ts': ['node:net', 'isIP'],
  'src/cli/commands/doctor-options.ts': ['node:net', 'isIP'],
  'src/operations/diagnosis/network/tls.ts': ['node:tls', 'checkServerIdentity'],
  'src/platform/http/client-address.ts': ['node:net', 'isIP'],
  'src/platform/http/error-answers.ts': ['node:http', 'STATUS_CODES'],
  'src/platform/http/request-lines.ts': ['node:http', 'STATUS_CODES'],
  'src/platform/http/socket-errors.ts': ['node:http', 'STATUS_CODES'],
  'src/operations/api-reference/reference/operation-section.ts': ['node:http', 'STATUS_CODES'],
};

const ssrf = 'Whoever calls an address that a request named can be sent to any host inside (SSRF).';
const unread =
  'Only src/configuration/config.ts reads the environment, where it is checked and documented.';
const higher = 'A file imports from its own floor or from a lower one (ARCHITECTURE.md).';

type Restricted = {
  name: string;
  allowTypeImports: boolean;
  allowImportNames?: string[];
  message: string;
};

const connections = connecting.map(
  (name): Restricted => ({ name, allowTypeImports: true, message: ssrf }),
);

/** Overrides replace each other, so each names all that its files must not import. */
function restrictImports(files: string, restricted: readonly Restricted[]): OxlintOverride {
  const floor = floors.findIndex((names) => names.includes(files.split('/')[1] ?? ''));
  const above =
    floor === -1
      ? []
      : [...floors.slice(floor + 1).flat(), 'process', 'main.ts', 'adl.ts', 'app.ts'];
  const paths = [
    ...restricted,
    ...['process', 'node:process'].map((name) => ({ name, message: unread })),
  ];
  const patterns =
    above.length === 0 ? [] : [{ regex: `^(\\.\\./)+(${above.join('|')})(/|$)`, message: higher }];
  return {
    files: [files],
    excludeFiles: tests,
    rules: { 'no-restricted-imports': ['error', { paths, patterns }] },
  };
}

const tests = ['**/*.test.ts'];
const importRules = [
  ...['**', ...floors.flat().map((name) => `${name}/**`)].map((files) =>
    restrictImports(`src/${files}`, connections),
  ),
  ...Object.keys(callingFiles).map((file) => restrictImports(file, [])),
  ...Object.entries(harmlessValues).map(([file, [module, value]]) =>
    restrictImports(
      file,
      connections.map((one) => (one.name === module ? { ...one, allowImportNames: [value] } : one)),
    ),
  ),
];

const builtinModules = { object: 'process', property: 'getBuiltinModule', message: ssrf };
const environment = [
  ...['env', 'loadEnvFile'].map((property) => ({ object: 'process', property, message: unread })),
  { object: 'globalThis', property: 'process', message: unread },
];
const productionRules: OxlintOverride = {
  files: ['src/**/*.ts'],
  excludeFiles: tests,
  rules: {
    'import/no-default-export': 'error',
    'no-restricted-globals': [
      'error',
      {
        globals: ['fetch', 'WebSocket', 'EventSource'].map((name) => ({ name, message: ssrf })),
        checkGlobalObject: true,
      },
    ],
    'no-restricted-properties': ['error', builtinModules, ...environment],
  },
};

export default defineConfig({
  plugins: ['typescript', 'unicorn', 'oxc', 'import', 'node', 'promise'],
  env: { node: true, es2024: true },
  categories: { correctness: 'error', suspicious: 'error' },
  options: { reportUnusedDisableDirectives: 'error' },
  rules: {
    // A promise that nobody waits for loses its error, and with it an audit row, a mail or a
    // transaction.
    'typescript/no-floating-promises': [
      'error',
      // The runner of node:test keeps the promises of its tests itself.
      {
        allowForKnownSafeCalls: [
          { from: 'package', package: 'node:test', name: ['test', 'suite', 'describe', 'it'] },
        ],
      },
    ],
    'typescript/no-misused-promises': 'error',
    'typescript/await-thenable': 'error',
    'typescript/return-await': ['error', 'error-handling-correctness-only'],
    'typescript/only-throw-error': 'error',
    'typescript/prefer-promise-reject-errors': 'error',
    'typescript/switch-exhaustiveness-check': [
      'error',
      { considerDefaultExhaustiveForUnions: true },
    ],
    'typescript/no-deprecated': 'error',
    'typescript/no-unsafe-argument': 'error',
    'typescript/no-unsafe-assignment': 'error',
    'typescript/no-unsafe-call': 'error',
    'typescript/no-unsafe-member-access': 'error',
    'typescript/no-unsafe-return': 'error',

    // Spreading a string into its code points is how a password's length is counted.
    'typescript/no-misused-spread': ['error', { allow: ['string'] }],
    'typescript/restrict-template-expressions': [
      'error',
      { allowNumber: true, allow: ['Error', 'URL'] },
    ],

    // Files in a circle can only be understood, loaded and changed all at once.
    'import/no-cycle': ['error', { ignoreTypes: false }],

    // The build gathers style sheets.
    'import/no-unassigned-import': ['error', { allow: ['**/*.css'] }],

    // Switched off, each because it fights the style or repeats another tool:
    // - biome reports unused variables, and knows a member that is taken out so that the rest can go on.
    'no-unused-vars': 'off',
    // - an `as` stands where a library's types end; `any` is refused by biome, and review reads the rest.
    'typescript/no-unsafe-type-assertion': 'off',
    // - written for Express 4; Fastify awaits its handlers.
    'oxc/no-async-endpoint-handlers': 'off',
    // - a small function stands where it is used, in call order.
    'unicorn/consistent-function-scoping': 'off',
    // - packages in CommonJS, pg above all, are documented and used through their default export.
    'import/no-named-as-default-member': 'off',
    // - the compiler checks it too, and knows that process.exit never returns.
    'typescript/consistent-return': 'off',
    // - about window.postMessage; a worker thread's has no origin.
    'unicorn/require-post-message-target-origin': 'off',
  },
  overrides: [
    {
      // A test reads answers as `any`, through inject's json(), and its assertions say what they
      // must be.
      files: ['**/*.test.ts', 'test/**'],
      rules: {
        'typescript/no-unsafe-argument': 'off',
        'typescript/no-unsafe-assignment': 'off',
        'typescript/no-unsafe-call': 'off',
        'typescript/no-unsafe-member-access': 'off',
        'typescript/no-unsafe-return': 'off',
        // The service under test is called `test` where its parts are not taken out of it.
        'no-shadow': 'off',
        // Test data is text; hostile values are written into messages on purpose.
        'typescript/require-array-sort-compare': 'off',
        'typescript/restrict-template-expressions': 'off',
        // A variable that another callback changes.
        'no-unmodified-loop-condition': 'off',
      },
    },
    { files: ['src/**'], rules: { 'max-lines': ['error', { max: 250, skipBlankLines: true }] } },
    { files: ['src/**/*.test.ts'], rules: { 'max-lines': ['error', { max: 300 }] } },
    ...importRules,
    productionRules,
    {
      files: ['src/configuration/config.ts'],
      rules: { 'no-restricted-properties': ['error', builtinModules] },
    },
  ],
  ignorePatterns: [
    'data',
    'coverage',
    '.tmp',
    'bucket-server',
    // Their packages are installed apart; their builds check the types, and biome the rest.
    'examples',
    'client/dist',
    'client/src/api.ts',
    'web/dist',
    'web/dist.unfinished',
  ],
});
