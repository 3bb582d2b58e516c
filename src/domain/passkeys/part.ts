import type { Dependencies } from '../dependencies.ts';
import { challengeRefusals, deletePastChallenges } from './passkey-challenges.ts';
import { challengeData, passkeyData } from './passkey-data.ts';
import { passkeyKind } from './passkey-kind.ts';
import { passkeyCopiedMail, passkeyRenamedMail } from './passkey-mails.ts';

declare module '../audit/security-events.ts' {
  interface SecurityEvents {
    passkey_renamed: true;
    passkey_copied: true;
  }
}

declare module '../outbox/mail-row.ts' {
  interface MailKinds {
    passkey_renamed: true;
    passkey_copied: true;
  }
}

export const passkeys = {
  factors: [passkeyKind],
  mails: {
    passkey_renamed: passkeyRenamedMail,
    passkey_copied: passkeyCopiedMail,
  },
  throttles: [challengeRefusals],
  personalData: [passkeyData, challengeData],
  cleanUp: [({ db }: Pick<Dependencies, 'db'>) => deletePastChallenges(db)],
  auditEvents: {
    passkey_renamed: 'The owner gave a passkey another name',
    passkey_copied:
      'A passkey was used whose counter did not grow: somebody may have copied it; it was refused',
  },
};
