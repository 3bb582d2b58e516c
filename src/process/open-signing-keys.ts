import type { Dependencies } from '../domain/dependencies.ts';
import {
  prepareSigningKeys,
  UnreadableKeysError,
} from '../domain/key-rotation/prepare-signing-keys.ts';
import { StartupError } from './startup-checks.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'config' | 'logger' | 'signingKeys'>;

/** Makes the first keys. Where there are keys that no secret opens, it makes none and says why. */
export async function openSigningKeys(deps: Deps): Promise<void> {
  try {
    await prepareSigningKeys(deps);
  } catch (error) {
    if (!(error instanceof UnreadableKeysError)) throw error;
    const problem = `the private keys in the database were encrypted with another SECRET_KEY (${error.secrets.join(', ')})`;
    const fix =
      'Set that one as SECRET_KEY_PREVIOUS. If it is lost, adl keys rotate --revoke makes new keys and ends all access tokens';
    throw new StartupError('keys', problem, fix, error);
  }
  deps.logger.info(`keys: ok (${deps.config.accessTokenAlgorithm})`);
}
