import type { Dependencies } from '../dependencies.ts';
import { deleteRetiredKeys } from '../signing-keys/signing-key-store.ts';
import { refreshSigningKeys } from './prepare-signing-keys.ts';
import { rotateWhenDue } from './rotate-signing-keys.ts';

declare module '../audit/security-events.ts' {
  interface SecurityEvents {
    signing_key_rotated: true;
    signing_keys_revoked: true;
  }
}

export const keyRotation = {
  frequent: [refreshSigningKeys],
  cleanUp: [rotateWhenDue, ({ db }: Pick<Dependencies, 'db'>) => deleteRetiredKeys(db)],
  auditEvents: {
    signing_key_rotated: 'The next key was chosen to sign access tokens',
    signing_keys_revoked:
      'The keys that had signed access tokens were revoked; `count` says how many',
  },
};
