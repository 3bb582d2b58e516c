import type { Config } from '../configuration/config.ts';
import type { KeyRing } from '../platform/crypto/secret-keys.ts';
import type { Database, DatabaseEngine } from '../platform/database/database.ts';
import type { PasswordHasher } from '../platform/hashing/password-hasher.ts';
import type { Readiness } from '../platform/http/readiness.ts';
import type { JobQueue } from '../platform/jobs/job-queue.ts';
import type { Logger } from '../platform/logging/logger.ts';
import type { AccessTokens } from './access-tokens/access-token.ts';
import type { BreachedPasswords } from './breached-passwords/breached-passwords.ts';
import type { SigningKeys } from './signing-keys/signing-keys.ts';

/** Dependencies of the domain. A function takes only those it uses: `Pick<Dependencies, 'db'>`. */
export type Dependencies = {
  config: Config;
  logger: Logger;
  engine: DatabaseEngine;
  db: Database;
  jobs: JobQueue;
  keys: KeyRing;
  hasher: PasswordHasher;
  breachedPasswords: BreachedPasswords;
  accessTokens: AccessTokens;
  signingKeys: SigningKeys;
  readiness: Readiness;
};
