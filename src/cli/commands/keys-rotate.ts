import { z } from 'zod';
import { UnreadableKeysError } from '../../domain/key-rotation/prepare-signing-keys.ts';
import { rotateSigningKeys } from '../../domain/key-rotation/rotate-signing-keys.ts';
import { AppError } from '../../platform/errors.ts';
import { defineCommand } from '../command/command.ts';

export const keysRotate = defineCommand({
  name: 'keys rotate',
  summary: 'Let the next key sign access tokens',
  options: [
    ['--revoke', 'refuse the tokens of all keys that have signed, as after a theft, from now on'],
  ],
  parameters: z.strictObject({ revoke: z.boolean().optional() }),
  run: async (deps, { revoke = false }) => {
    try {
      const revoked = await rotateSigningKeys(deps, { revokes: revoke });
      return { rotated: true, revoked };
    } catch (error) {
      if (!(error instanceof UnreadableKeysError)) throw error;
      const message = `The keys need another SECRET_KEY (${error.secrets.join(', ')}); --revoke replaces them`;
      throw new AppError('ConflictError', message, { cause: error });
    }
  },
});
