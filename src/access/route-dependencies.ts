import type { AuditEvents } from '../domain/audit/security-events.ts';
import type { Dependencies } from '../domain/dependencies.ts';
import type { FactorKind } from '../domain/factors/factor-kind.ts';
import type { MailTexts } from '../domain/outbox/mail-text.ts';
import type { PersonalData } from '../domain/personal-data/personal-data.ts';
import type { ThrottlePolicy } from '../domain/throttles/throttle-policy.ts';
import type { AbuseChallenges } from './abuse-challenges.ts';
import type { RequestLimits } from './request-limits.ts';
import type { ServiceTokens } from './service-tokens.ts';

/** Everything that the process opens at startup. */
export type AppDependencies = Dependencies & {
  limits: RequestLimits;
  challenges: AbuseChallenges;
  serviceTokens: ServiceTokens;
};

export type RouteDependencies = AppDependencies & Assembly;

/** The members of all parts, put together. */
export type Assembly = {
  readonly mailTexts: MailTexts;
  readonly auditEvents: AuditEvents;
  readonly personalData: readonly PersonalData<Dependencies & Assembly>[];
  readonly factorKinds: readonly FactorKind[];
  readonly throttlePolicies: readonly ThrottlePolicy[];
};
