import { guessLimits } from './guess-limits.ts';

declare module '../audit/security-events.ts' {
  interface SecurityEvents {
    password_check: true;
  }
}

export const credentials = {
  throttles: guessLimits,
  auditEvents: {
    password_check: 'A signed-in caller entered a wrong current password',
  },
};
