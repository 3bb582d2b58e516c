import type { Dependencies } from '../dependencies.ts';
import { deletePastAttempts } from './attempt-store.ts';
import { deletePastExchanges } from './exchange-store.ts';
import { attemptData, exchangeData, identityData } from './identity-data.ts';
import { identityLinkedMail, identityUnlinkedMail } from './identity-mails.ts';

declare module '../audit/security-events.ts' {
  interface SecurityEvents {
    identity_linked: true;
    identity_unlinked: true;
  }
}

declare module '../outbox/mail-row.ts' {
  interface MailKinds {
    identity_linked: true;
    identity_unlinked: true;
  }
}

export const identities = {
  mails: { identity_linked: identityLinkedMail, identity_unlinked: identityUnlinkedMail },
  personalData: [identityData, attemptData, exchangeData],
  cleanUp: [
    ({ db }: Pick<Dependencies, 'db'>) => deletePastAttempts(db),
    ({ db }: Pick<Dependencies, 'db'>) => deletePastExchanges(db),
  ],
  auditEvents: {
    identity_linked:
      'An account at a provider of sign-in, which `kind` names, was linked; a failure means that it could not be',
    identity_unlinked: 'The owner unlinked an account at a provider of sign-in',
  },
};
