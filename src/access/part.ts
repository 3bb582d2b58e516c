import type { AuditEvents } from '../domain/audit/security-events.ts';
import type { Dependencies } from '../domain/dependencies.ts';
import type { FactorKind } from '../domain/factors/factor-kind.ts';
import type { MailTexts } from '../domain/outbox/mail-text.ts';
import type { PersonalData } from '../domain/personal-data/personal-data.ts';
import type { ThrottlePolicy } from '../domain/throttles/throttle-policy.ts';
import type { HttpServer } from '../platform/http/http-server.ts';
import type { JobHandlers } from '../platform/jobs/job-queue.ts';
import type { SmtpTransport } from '../platform/smtp/smtp-transport.ts';
import type { Assembly, RouteDependencies } from './route-dependencies.ts';

export type JobDependencies = Dependencies & Assembly & { smtp: SmtpTransport | null };

/** What one folder adds to the service. `app.ts` lists all parts. */
export type Part = {
  routes?: (app: HttpServer, deps: RouteDependencies) => void | Promise<void>;
  /** The text of each kind of mail that the part sends. */
  mails?: MailTexts;
  /** Job handlers by queue name. */
  jobs?: (deps: JobDependencies) => Partial<JobHandlers>;
  /** The security events that the part records, and what they mean. */
  auditEvents?: AuditEvents;
  /** The limits that are counted in the database. */
  throttles?: readonly ThrottlePolicy[];
  /** Small steps. Every process runs them every five seconds. */
  frequent?: readonly ((deps: Dependencies & Assembly) => Promise<void>)[];
  /** What the part's tables keep about accounts: how it is exported, and how it is erased. */
  personalData?: readonly PersonalData<Dependencies & Assembly>[];
  /** The kinds of second factors that the part keeps; see `FactorKind`. */
  factors?: readonly FactorKind[];
  /** Delete expired rows. Every process runs them once a minute. */
  cleanUp?: readonly ((deps: Dependencies & Assembly) => Promise<void>)[];
};

/** Throws if two parts define the same mail or event. */
export function assemble(parts: readonly Part[]): Assembly {
  return {
    mailTexts: merge(parts.map(({ mails }) => mails ?? {})),
    auditEvents: merge(parts.map(({ auditEvents }) => auditEvents ?? {})),
    personalData: parts.flatMap(({ personalData }) => personalData ?? []),
    factorKinds: parts.flatMap(({ factors }) => factors ?? []),
    throttlePolicies: parts.flatMap(({ throttles }) => throttles ?? []),
  };
}

function merge<T extends object>(members: readonly T[]): T {
  const entries = members.flatMap((member) => Object.entries(member));
  const names = entries.map(([name]) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`two parts define ${twice}`);
  return Object.fromEntries(entries) as T;
}
