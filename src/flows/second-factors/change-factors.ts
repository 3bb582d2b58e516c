import { randomUUIDv7 } from 'node:crypto';
import { renderSVG } from 'uqr';
import { recordEvent } from '../../domain/audit/record-event.ts';
import type { Dependencies } from '../../domain/dependencies.ts';
import { factorAdded, makeRecoveryCodes } from '../../domain/factors/factor-changes.ts';
import type { FactorKinds } from '../../domain/factors/factor-kind.ts';
import { removeOne } from '../../domain/factors/factors.ts';
import { countRecoveryCodes } from '../../domain/factors/recovery-code-store.ts';
import { lockProven } from '../../domain/factors/require-proof.ts';
import {
  describeTotp,
  newTotpSecret,
  openTotpSecret,
  sealTotpSecret,
  stepOfCode,
} from '../../domain/factors/totp-secret.ts';
import { burnStep, findBegunTotp, insertTotp, listTotps } from '../../domain/factors/totp-store.ts';
import { queueNotice } from '../../domain/outbox/queue-mail.ts';
import { type Party, partyOf, type Realm } from '../../domain/realms/realms.ts';
import { renewProof } from '../../domain/sessions/renew-proof.ts';
import type { Caller } from '../../domain/sessions/session-store.ts';
import { type Transaction, transact } from '../../platform/database/database.ts';
import { badRequest, conflict, notFound } from '../../platform/errors.ts';

type Deps = Pick<Dependencies, 'db' | 'jobs' | 'keys' | 'config' | 'logger'> & FactorKinds;

const mostTotps = 10;

/** A secret for an app. It counts for nothing until a code of it is confirmed. */
export async function startTotp(deps: Deps, realm: Realm, caller: Caller, name: string) {
  const { id: ownerId, username, email } = caller.account;
  const place = { id: randomUUIDv7(), owner: partyOf(realm, ownerId) };
  const secret = newTotpSecret();
  await transact(deps.db, async (trx) => {
    await lockProven(deps, trx, realm, caller);
    if ((await listTotps(trx, place.owner)).length >= mostTotps)
      throw conflict('The account has too many authenticator apps', 'too_many_factors', realm.kind);
    const sealed = sealTotpSecret(deps.keys.current, place, secret);
    await insertTotp(trx, { ...place, name, ...sealed });
  });
  const issuer = deps.config.projectName;
  const { base32, url } = describeTotp(secret, { issuer, label: username ?? email });
  const qrCode = asDataUrl(renderSVG(url, { ecc: 'M', border: 2 }));
  return { id: place.id, secret: base32, otpauth_url: url, qr_code: qrCode };
}

function asDataUrl(svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
}

type Confirmed = { id: string; code: string };

/**
 * Puts the app in force; gives ten recovery codes where the account has none. Throws 404 unless it
 * was begun in the last hour, 400 for a wrong code.
 */
export function confirmTotp(
  deps: Deps,
  realm: Realm,
  caller: Caller,
  confirmed: Confirmed,
): Promise<string[] | null> {
  return transact(deps.db, async (trx) => {
    const account = await lockProven(deps, trx, realm, caller);
    const owner = partyOf(realm, account.id);
    await putInForce(deps, trx, owner, confirmed);
    await factorAdded(deps, trx, realm, account, 'totp');
    await renewProof(trx, realm, caller, { methods: ['otp'], since: null });
    if ((await countRecoveryCodes(trx, owner)) > 0) return null;
    return makeRecoveryCodes(deps, trx, owner);
  });
}

async function putInForce(
  { keys }: Deps,
  trx: Transaction,
  owner: Party,
  { id, code }: Confirmed,
): Promise<void> {
  const begun = await findBegunTotp(trx, owner, id);
  const secret = begun && openTotpSecret(keys, { id, owner }, begun);
  if (begun === null || secret === null) throw notFound('There is no such factor to confirm');
  const step = stepOfCode(secret, code.replaceAll(/\s/g, ''), begun.seconds_now);
  if (step === null || !(await burnStep(trx, { factor: begun, owner, step, from: 'begun' })))
    throw badRequest('The code is incorrect', 'wrong_code');
}

/** Ten new codes for the old ones. Throws 409 without a second factor, which they stand in for. */
export function renewRecoveryCodes(deps: Deps, realm: Realm, caller: Caller): Promise<string[]> {
  return transact(deps.db, async (trx) => {
    const account = await lockProven(deps, trx, realm, caller);
    if (!account.has_second_factor)
      throw conflict('There is no second factor', 'no_second_factor', realm.kind);
    await queueNotice(deps, trx, realm, account, 'recovery_codes_replaced');
    return makeRecoveryCodes(deps, trx, partyOf(realm, account.id));
  });
}

/** Throws 404 for an unknown factor, 409 `last_way_in` where nobody could sign in any more. */
export async function removeFactor(
  deps: Deps,
  realm: Realm,
  caller: Caller,
  id: string,
): Promise<void> {
  await transact(deps.db, async (trx) => {
    const account = await lockProven(deps, trx, realm, caller);
    const subject = partyOf(realm, account.id);
    const removed = await removeOne(deps, trx, realm, id, subject);
    if (removed === null) throw notFound('There is no such factor');
    if (!removed.wasInForce) return;
    const details = { kind: removed.kind };
    await recordEvent(deps, trx, { event: 'second_factor_removed', subject, details });
    await queueNotice(deps, trx, realm, account, 'second_factor_removed');
  });
}
