import type { Dependencies } from '../../../domain/dependencies.ts';
import { openKey } from '../../../domain/signing-keys/key-pair.ts';
import {
  listSigningKeys,
  readSigningSince,
} from '../../../domain/signing-keys/signing-key-store.ts';
import { type Check, type Found, failed, ok, skipped, warning } from '../finding.ts';

/** A running service rotates within a minute of the day. */
const lateDays = 1;

type Deps = Pick<Dependencies, 'db' | 'keys' | 'config'>;

/** The keys of access tokens: whether the secret opens them, and whether they are rotated. */
export function signingKeysCheck({ db, keys, config }: Deps): Check {
  return {
    name: 'signing keys',
    run: async (): Promise<Found> => {
      const rows = await listSigningKeys(db);
      if (rows.length === 0) return skipped('there are none before the first start');
      if (rows.some((row) => openKey(keys, row) === null))
        return failed(
          'SECRET_KEY does not open them',
          'Set the one of before as SECRET_KEY_PREVIOUS; if it is lost: adl keys rotate --revoke',
        );
      const since = (await readSigningSince(db))?.getTime() ?? 0;
      const days = Math.floor((Date.now() - since) / 86_400_000);
      if (days > config.signingKeyRotationDays + lateDays)
        return warning(
          `the key has signed for ${days} days`,
          'Start the service, which rotates it',
        );
      return ok(`the key has signed for ${days} days`);
    },
  };
}
