import type { Transaction } from '../../platform/database/database.ts';
import { durations } from '../../platform/durations.ts';
import { rateLimited } from '../../platform/errors.ts';
import type { Account } from '../accounts/account-store.ts';
import { recordEvent } from '../audit/record-event.ts';
import type { Dependencies } from '../dependencies.ts';
import { fallbackOf, isSameAddress } from '../one-time-tokens/fallback-address.ts';
import type { LinkPurpose } from '../one-time-tokens/link-row.ts';
import { insertLink, type LinkRequest } from '../one-time-tokens/link-store.ts';
import { type Party, partyOf, type Realm, type RealmKind, userRealm } from '../realms/realms.ts';
import { exceeded } from '../throttles/require-within-throttle.ts';
import type { ThrottlePolicy } from '../throttles/throttle-policy.ts';
import { takeThrottle } from '../throttles/throttle-store.ts';
import type { MailKind } from './mail-row.ts';
import { insertMail, type NewMail } from './mail-store.ts';

/** Mails of one kind to one address. Further ones are dropped silently. */
export const mailRecipient: ThrottlePolicy = {
  name: 'mail-recipient',
  limit: 3,
  windowSeconds: durations.hours(1),
  keysOf: ({ kind, email }, mailKinds) => mailKinds.map((one) => recipientKey(kind, one, email)),
};

type Deps = Pick<Dependencies, 'jobs' | 'keys' | 'logger'>;

/** How long delivery is tried; not longer than the link in the mail is valid. */
export const noticeLifeSeconds = durations.hours(24);

/** Not queued if the address has already had too many mails of the kind. */
export type MailOutcome = { queued: true } | { queued: false; retryAfterSeconds: number };

/** Queues a mail in the transaction of the event: it is sent if, and only if, that commits. */
export async function queueMail(deps: Deps, trx: Transaction, mail: NewMail): Promise<MailOutcome> {
  const outcome = await countMail(deps, trx, mail);
  if (outcome.queued) await send(deps, trx, mail);
  return outcome;
}

/** Throws 429 if the mail was not queued. Call it after the commit, which records the refusal. */
export function requireQueued(outcome: MailOutcome): void {
  if (!outcome.queued) throw rateLimited(outcome.retryAfterSeconds);
}

type Notice = { device?: string | null; ip?: string | null };

/** Notifies the address, and the last verified one while the current one is unverified. */
export async function queueNotice(
  deps: Deps,
  trx: Transaction,
  realm: Realm,
  account: Pick<Account, 'id' | 'email'>,
  kind: Exclude<MailKind, 'test'>,
  { device = null, ip = null }: Notice = {},
): Promise<void> {
  const fallback = await fallbackOf(trx, realm, account.id);
  const isElsewhere = fallback !== null && !isSameAddress(fallback, account.email);
  const subject = partyOf(realm, account.id);
  const notice = { kind, subject, linkId: null, device, ip, lifeSeconds: noticeLifeSeconds };
  for (const recipient of isElsewhere ? [account.email, fallback] : [account.email])
    await queueMail(deps, trx, { ...notice, recipient });
}

type LinkMail = {
  kind: MailKind;
  purpose: LinkPurpose;
  lifeSeconds: number;
  passwordVersion?: number;
  /** Who requested the mail, if not the owner. */
  actor?: Party;
  /** Exempt from the limit, which strangers can use up: for callers who already proved a link. */
  isEarned?: boolean;
  /** For a link with a code. */
  request?: LinkRequest;
};

/** Creates a one-time link for a user and queues the mail that carries it to `account.email`. */
export async function queueLinkMail(
  deps: Deps,
  trx: Transaction,
  account: Pick<Account, 'id' | 'email'>,
  { kind, purpose, lifeSeconds, passwordVersion = 0, actor, isEarned = false, request }: LinkMail,
): Promise<MailOutcome> {
  const { id: subjectId, email } = account;
  const subject = partyOf(userRealm, subjectId);
  const mail = { kind, recipient: email, subject };
  const outcome = isEarned ? ({ queued: true } as const) : await countMail(deps, trx, mail, actor);
  if (!outcome.queued) return outcome;
  const linkId = await insertLink(trx, deps, {
    purpose,
    subjectId,
    email,
    passwordVersion,
    lifeSeconds,
    ...(request && { request }),
  });
  const mailLife = Math.min(lifeSeconds, noticeLifeSeconds);
  await send(deps, trx, { ...mail, linkId, device: null, ip: null, lifeSeconds: mailLife });
  return outcome;
}

async function countMail(
  deps: Deps,
  trx: Transaction,
  { kind, recipient, subject }: Pick<NewMail, 'kind' | 'recipient' | 'subject'>,
  actor: Party | null = null,
): Promise<MailOutcome> {
  const policy = mailRecipient;
  const key = recipientKey(subject?.kind, kind, recipient);
  const taken = await takeThrottle({ db: trx, keys: deps.keys }, policy, key);
  if (taken.isFirstRefusal) await recordEvent(deps, trx, exceeded(policy, subject, actor));
  return taken.allowed
    ? { queued: true }
    : { queued: false, retryAfterSeconds: taken.retryAfterSeconds };
}

/** Per realm: a user account with the address of an admin must not use up the admin's notices. */
function recipientKey(realm: RealmKind | undefined, kind: string, recipient: string): string {
  return `${realm}\0${kind}\0${recipient}`;
}

async function send({ jobs }: Deps, trx: Transaction, mail: NewMail): Promise<void> {
  await jobs.send(trx, 'mails', { mailId: await insertMail(trx, mail) });
}
