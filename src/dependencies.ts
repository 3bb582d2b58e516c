import type { Config } from './config.ts';
import type { RequestLimits } from './features/limits/request-limits.ts';
import type { AccessTokens } from './features/sessions/access-token.ts';
import type { KeyRing } from './platform/crypto/secret-keys.ts';
import type { Database, DatabaseEngine } from './platform/database/database.ts';
import type { Readiness } from './platform/http/readiness.ts';
import type { JobQueue } from './platform/jobs/job-queue.ts';
import type { Logger } from './platform/logging/logger.ts';
import type { PasswordHasher } from './platform/password-hashing/password-hasher.ts';

/** All that the program is made of. A function names the two or three members it uses: `Pick<Dependencies, 'db'>`. */
export type Dependencies = {
  config: Config;
  logger: Logger;
  engine: DatabaseEngine;
  db: Database;
  jobs: JobQueue;
  limits: RequestLimits;
  keys: KeyRing;
  hasher: PasswordHasher;
  accessTokens: AccessTokens;
  readiness: Readiness;
};
