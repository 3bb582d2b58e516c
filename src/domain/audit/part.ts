import type { Dependencies } from '../dependencies.ts';
import { auditData } from './audit-data.ts';
import { chainAuditEvents } from './chain-audit-events.ts';
import { cutAuditChain } from './cut-audit-chain.ts';
import { deleteSignInCountsBefore, foldSignInCounts } from './sign-in-counts.ts';

declare module './security-events.ts' {
  interface SecurityEvents {
    audit_chain_broken: true;
    audit_verified: true;
  }
}

export const audit = {
  personalData: [auditData],
  frequent: [(deps: Pick<Dependencies, 'db' | 'keys' | 'logger'>) => chainAuditEvents(deps)],
  cleanUp: [
    (deps: Pick<Dependencies, 'db' | 'keys' | 'config'>) => cutAuditChain(deps),
    ({ db }: Pick<Dependencies, 'db'>) => foldSignInCounts(db),
    ({ db }: Pick<Dependencies, 'db'>) => deleteSignInCountsBefore(db, 100),
  ],
  auditEvents: {
    audit_chain_broken:
      'The end of the chain of audit events was not as the service left it; `reason` says what was found',
    audit_verified:
      '`adl audit verify` went through the whole chain; a failure if it found anything',
  },
};
