import type { Dependencies } from '../dependencies.ts';
import { deletePastChallenges } from './challenge-store.ts';
import { challengeData, recoveryCodeData, totpData } from './factor-data.ts';
import {
  recoveryCodesLowMail,
  recoveryCodesReplacedMail,
  secondFactorAddedMail,
  secondFactorRemovedMail,
  secondFactorsResetMail,
} from './factor-mails.ts';
import { totpKind } from './totp-kind.ts';
import { deleteForgottenTotps } from './totp-store.ts';

declare module '../audit/security-events.ts' {
  interface SecurityEvents {
    second_factor_asked: true;
    second_factor_added: true;
    second_factor_removed: true;
    second_factors_reset: true;
    recovery_codes_replaced: true;
    recovery_code_used: true;
  }
}

declare module '../outbox/mail-row.ts' {
  interface MailKinds {
    second_factor_added: true;
    second_factor_removed: true;
    second_factors_reset: true;
    recovery_codes_replaced: true;
    recovery_codes_low: true;
  }
}

export const factors = {
  factors: [totpKind],
  mails: {
    second_factor_added: secondFactorAddedMail,
    second_factor_removed: secondFactorRemovedMail,
    second_factors_reset: secondFactorsResetMail,
    recovery_codes_replaced: recoveryCodesReplacedMail,
    recovery_codes_low: recoveryCodesLowMail,
  },
  auditEvents: {
    second_factor_asked: 'The first step of a sign-in was right; the second was not made yet',
    second_factor_added: 'A second factor is in force; `kind` says which',
    second_factor_removed: 'The owner removed a second factor; `kind` says which',
    second_factors_reset: 'All second factors of the account were removed, by an admin',
    recovery_codes_replaced: 'The owner got ten new recovery codes; the old ones are dead',
    recovery_code_used: 'A recovery code was used up in place of a second factor',
  },
  personalData: [totpData, recoveryCodeData, challengeData],
  cleanUp: [
    ({ db }: Pick<Dependencies, 'db'>) => deletePastChallenges(db),
    ({ db }: Pick<Dependencies, 'db'>) => deleteForgottenTotps(db),
  ],
};
