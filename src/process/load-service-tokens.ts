import {
  openServiceTokens,
  type ServiceTokens,
  ServiceTokensError,
} from '../access/service-tokens.ts';
import type { Config } from '../configuration/config.ts';
import type { Logger } from '../platform/logging/logger.ts';
import { StartupError } from './startup-checks.ts';

/** A file with a fault ends the start: a token that was meant to go must not stay unnoticed. */
export function loadServiceTokens({ serviceTokensFile }: Config, logger: Logger): ServiceTokens {
  try {
    return openServiceTokens(serviceTokensFile, logger);
  } catch (error) {
    if (!(error instanceof ServiceTokensError)) throw error;
    throw new StartupError('configuration', error.message, 'Correct it, or its rights', error);
  }
}
