/** What is mutated, and with which tests: those that can kill its mutants, the quickest first. */
export type Area = {
  mutate: readonly string[];
  tests: readonly string[];
  /** Without a database and quick: what CI takes as its sample. */
  sample?: boolean;
  /** What runs in other threads is not seen by the measuring of coverage: every test for every mutant. */
  inThreads?: boolean;
};

export const areas: Readonly<Record<string, Area>> = {
  'access-tokens': {
    mutate: ['src/domain/access-tokens/access-token.ts'],
    tests: ['src/domain/access-tokens/access-token.test.ts'],
    sample: true,
  },
  'refresh-tokens': {
    mutate: ['src/domain/sessions/refresh-token.ts'],
    tests: ['src/domain/sessions/refresh-token.test.ts'],
    sample: true,
  },
  'keys-and-link-tokens': {
    mutate: ['src/platform/crypto/secret-keys.ts', 'src/domain/one-time-tokens/link-token.ts'],
    tests: ['src/platform/crypto/*.test.ts', 'src/domain/one-time-tokens/*.test.ts'],
    sample: true,
  },
  'rate-limiter': {
    mutate: ['src/platform/rate-limit/{memory-limiter,rate-limit,limit-headers}.ts'],
    tests: ['src/platform/rate-limit/*.test.ts'],
    sample: true,
  },
  refreshes: {
    mutate: ['src/domain/sessions/rotate-refresh-token.ts', 'src/domain/sessions/token-pair.ts'],
    tests: [
      'src/domain/sessions/token-pair.test.ts',
      'test/attacks/refresh-restored.test.ts',
      'src/domain/sessions/session-store.test.ts',
      'test/attacks/refresh-lost-answer.test.ts',
      'test/attacks/refresh-rotation.test.ts',
      'test/attacks/refresh-at-rest.test.ts',
      'src/admin/mails/mail.test.ts',
    ],
  },
  devices: {
    mutate: ['src/domain/sessions/describe-device.ts'],
    tests: ['src/domain/sessions/describe-device.test.ts'],
    sample: true,
  },
  sessions: {
    mutate: [
      'src/domain/sessions/{session-store,insert-session,open-session,end-session,present-session}.ts',
    ],
    tests: [
      'src/domain/sessions/session-store.test.ts',
      'src/flows/sessions/sessions.test.ts',
      'src/process/background-work.test.ts',
      'test/attacks/session-revocation.test.ts',
      'src/flows/sign-in/sign-in.test.ts',
      'src/admin/mails/mail.test.ts',
      'test/attacks/refresh-lost-answer.test.ts',
      'test/attacks/refresh-rotation.test.ts',
    ],
  },
  links: {
    mutate: ['src/domain/one-time-tokens/{link-store,link-not-good,undo-links}.ts'],
    tests: [
      'src/flows/password-reset/password-reset.test.ts',
      'src/flows/email-verification/email-verification.test.ts',
      'src/flows/email-change/*.test.ts',
      'src/domain/one-time-tokens/undo-links.test.ts',
      'src/process/background-work.test.ts',
      'test/attacks/password-reset.test.ts',
    ],
  },
  passwords: {
    mutate: ['src/domain/credentials/{password-policy,common-passwords}.ts'],
    tests: ['src/domain/credentials/*.test.ts'],
    sample: true,
  },
  'password-schemes': {
    mutate: ['src/platform/hashing/password-schemes.ts'],
    tests: ['src/platform/hashing/password-schemes.test.ts'],
    sample: true,
  },
  'hash-queue': {
    mutate: ['src/platform/hashing/{fair-queue,hash-time}.ts'],
    tests: ['src/platform/hashing/{fair-queue,hash-time}.test.ts'],
    sample: true,
  },
  'hash-threads': {
    mutate: ['src/platform/hashing/{hash-admission,hash-pool,password-hasher}.ts'],
    tests: ['src/platform/hashing/password-hasher.test.ts', 'src/platform/hashing/hash-admission.test.ts'],
    inThreads: true,
  },
  'password-flows': {
    // What a route says of itself is held by test/structure/ and the fuzz run.
    mutate: ['src/flows/{password-change,password-reset}/*.ts', '!src/flows/*/{routes,part}.ts'],
    tests: [
      'src/flows/password-change/*.test.ts',
      'src/flows/password-reset/*.test.ts',
      'src/admin/mails/mail{,s-of-admins}.test.ts',
      'src/admin/audit-events/security-events.test.ts',
      'src/flows/email-change/*.test.ts',
      'test/attacks/password-policy.test.ts',
      'test/attacks/session-revocation.test.ts',
      'test/attacks/stale-rights.test.ts',
      'test/attacks/password-reset.test.ts',
    ],
  },
  limits: {
    mutate: ['src/access/{request-limits,limit-policies,account-turns}.ts'],
    tests: [
      'src/access/*.test.ts',
      'test/attacks/rate-limit.test.ts',
      'src/admin/audit-events/security-events.test.ts',
    ],
  },
  throttles: {
    mutate: ['src/domain/throttles/*.ts'],
    tests: [
      'src/domain/throttles/*.test.ts',
      'src/admin/audit-events/security-events.test.ts',
      'src/process/background-work.test.ts',
      'test/attacks/password-guessing.test.ts',
    ],
  },
  guards: {
    mutate: ['src/access/guards.ts'],
    tests: [
      'src/access/guards.test.ts',
      'test/structure/routes.test.ts',
      'test/attacks/authorization.test.ts',
      'test/attacks/token-types.test.ts',
      'test/attacks/stale-rights.test.ts',
      'src/admin/audit-events/security-events.test.ts',
      'test/attacks/access-token-mutilation.test.ts',
    ],
  },
};
