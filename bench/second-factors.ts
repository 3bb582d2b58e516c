import { setTimeout as sleep } from 'node:timers/promises';
import { TOTP } from 'otpauth';
import { credentialsOf, newRegistration } from '../test/factories.ts';
import { cpuMilliseconds } from '../test/faults/process-figures.ts';
import { type Figure, mean } from './figure.ts';
import type { Started } from './npm-start.ts';
import { startOnPostgres } from './start-on-postgres.ts';

const rounds = 32;
const peopleOfRound = 30;
/** A code of an app counts once. */
const stepMilliseconds = 30_000;

/**
 * What a code of a second factor adds to a sign-in on PostgreSQL, without what it costs the database.
 */
export async function measureSecondFactors(): Promise<Figure[]> {
  const service = await startOnPostgres({ BCRYPT_ROUNDS: '4' });
  const groups: { plain: Person[]; enrolled: Person[] }[] = [];
  for (let round = 0; round < rounds; round += 1)
    groups.push({ plain: await signUpGroup(service), enrolled: await signUpGroup(service) });
  for (const { enrolled } of groups) for (const person of enrolled) await enrol(service, person);
  // Meanwhile the mails of all that are written.
  await sleep(stepMilliseconds);
  const costs: number[] = [];
  for (const { plain, enrolled } of groups) {
    const alone = await costOf(service, plain, (person) => signIn(service, person));
    const both = await costOf(service, enrolled, (person) => signInWithCode(service, person));
    costs.push(both - alone);
  }
  await service.end();
  const name = 'sign-in with TOTP, processor time more than with a password';
  // Code is compiled in the first half. The system counts in steps of 10 ms, too coarse for a median.
  return [{ name, value: mean(costs.slice(rounds / 2)), unit: 'ms', bar: 3 }];
}

type Person = { login: { username: string; password: string }; totp: TOTP | null };

/** With a sign-in, so that the next is from a known device. */
async function signUpGroup(service: Started): Promise<Person[]> {
  const people: Person[] = [];
  for (let count = 0; count < peopleOfRound; count += 1) {
    const registration = newRegistration();
    await ask(service, 'register', registration, 201);
    const person = { login: credentialsOf(registration), totp: null };
    await signIn(service, person);
    people.push(person);
  }
  return people;
}

async function enrol(service: Started, person: Person): Promise<void> {
  const { access_token: token } = await signIn(service, person);
  const begun = await ask(service, 'me/factors/totp', {}, 201, String(token));
  person.totp = new TOTP({ secret: String(begun.secret) });
  const confirm = `me/factors/totp/${String(begun.id)}/confirm`;
  await ask(service, confirm, { code: person.totp.generate() }, 200, String(token));
}

function signIn(service: Started, { login }: Person): Promise<Record<string, unknown>> {
  return ask(service, 'login', login, 200);
}

async function signInWithCode(service: Started, { login, totp }: Person): Promise<void> {
  const refused = await ask(service, 'login', login, 401);
  const { challenge } = refused.details as { challenge: string };
  await ask(service, 'login/second-factor', { challenge, code: totp?.generate() }, 200);
}

/** Milliseconds of the server's processor time for each person. */
async function costOf(
  service: Started,
  people: readonly Person[],
  work: (person: Person) => Promise<unknown>,
): Promise<number> {
  const before = cpuMilliseconds(service.pid);
  for (const person of people) await work(person);
  return (cpuMilliseconds(service.pid) - before) / people.length;
}

async function ask(
  service: Started,
  path: string,
  body: unknown,
  expected: number,
  token?: string,
): Promise<Record<string, unknown>> {
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  const answer = await fetch(`${service.url}/api/users/${path}`, {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
  });
  if (answer.status !== expected) throw new Error(`${path} answered ${answer.status}`);
  return (await answer.json()) as Record<string, unknown>;
}
