import { isLoopbackHost } from '../platform/http/client-address.ts';

export type Environment = Record<string, string | undefined>;

/** Rules that span variables. They read raw text, to be reported together with other faults. */
export function crossFaults(given: Environment): string[] {
  const faults: string[] = [];
  if (given.ENVIRONMENT === 'production') faults.push(...productionFaults(given));
  if (Number(given.WEB_CONCURRENCY) > 1) {
    for (const name of ['DATABASE_URL', 'REDIS_URL']) {
      if (isUnset(given, name))
        faults.push(`${name} is required when WEB_CONCURRENCY is more than 1`);
    }
    if (given.DATABASE_URL === 'embedded')
      faults.push('DATABASE_URL must name a PostgreSQL server when WEB_CONCURRENCY is more than 1');
  }
  faults.push(...connectionFaults(given), ...mailFaults(given), ...backupFaults(given));
  faults.push(...passkeyFaults(given), ...signInFaults(given));
  return faults;
}

/** A browser refuses the passkeys of a host to pages outside it. */
function passkeyFaults({ PUBLIC_URL = 'http://localhost', PASSKEY_ORIGINS = '' }: Environment) {
  const hostOf = (address: string) => (URL.canParse(address) ? new URL(address).hostname : '');
  const own = hostOf(PUBLIC_URL);
  const foreign = PASSKEY_ORIGINS.split(',').filter((origin) => {
    const host = hostOf(origin.trim());
    return host !== '' && host !== own && !host.endsWith(`.${own}`);
  });
  return foreign.length > 0
    ? ['PASSKEY_ORIGINS may only name the host of PUBLIC_URL and its subdomains']
    : [];
}

/** A passkey is added by who is signed in, so that it is nobody's first way in. */
function signInFaults(given: Environment): string[] {
  const { EMAIL_SIGN_IN, PASSWORD_SIGN_IN, OIDC_PROVIDERS } = given;
  if (EMAIL_SIGN_IN === 'false' && PASSWORD_SIGN_IN === 'false' && !OIDC_PROVIDERS)
    return [
      'EMAIL_SIGN_IN and PASSWORD_SIGN_IN are both false: nobody could sign in for the first time',
    ];
  const isOn =
    EMAIL_SIGN_IN === 'true' || (PASSWORD_SIGN_IN === 'false' && EMAIL_SIGN_IN !== 'false');
  const hasMails = given.ENVIRONMENT !== 'production' || given.SMTP_HOST !== undefined;
  return isOn && !hasMails
    ? [
        'SMTP_HOST is required in production with sign-in by e-mail (EMAIL_SIGN_IN, PASSWORD_SIGN_IN)',
      ]
    : [];
}

function connectionFaults(given: Environment): string[] {
  const faults: string[] = [];
  const isEmbedded = isUnset(given, 'DATABASE_URL') || given.DATABASE_URL === 'embedded';
  if (given.DATABASE_DIRECT_URL !== undefined && isEmbedded)
    faults.push('DATABASE_DIRECT_URL needs a DATABASE_URL that leads to PgBouncer');
  if (given.REDIS_SENTINELS !== undefined && isUnset(given, 'REDIS_URL'))
    faults.push(
      'REDIS_SENTINELS needs a REDIS_URL, with the name of the group in place of the host',
    );
  return faults;
}

function backupFaults(given: Environment): string[] {
  const isBucket = given.BACKUP_TO !== undefined && /^https?:/i.test(given.BACKUP_TO);
  const keys = ['BACKUP_S3_ACCESS_KEY_ID', 'BACKUP_S3_SECRET_ACCESS_KEY'];
  const isFault = isBucket && keys.some((name) => isUnset(given, name));
  return isFault ? [`${keys.join(' and ')} are required where BACKUP_TO is a bucket`] : [];
}

function mailFaults(given: Environment): string[] {
  const faults: string[] = [];
  if (given.SMTP_SECURITY === 'none' && given.SMTP_HOST && !isLoopbackHost(given.SMTP_HOST)) {
    faults.push('SMTP_SECURITY may be none only where SMTP_HOST is a loopback address');
  }
  if (given.SMTP_HOST && !given.SMTP_FROM_EMAIL)
    faults.push('SMTP_FROM_EMAIL is required with SMTP_HOST');
  if (given.SMTP_HOST && isUnset(given, 'SMTP_USER') !== isUnset(given, 'SMTP_PASSWORD'))
    faults.push('SMTP_USER and SMTP_PASSWORD are required together');
  return faults;
}

function productionFaults(given: Environment): string[] {
  const faults: string[] = [];
  if (isUnset(given, 'SECRET_KEY'))
    faults.push('SECRET_KEY is required in production: at least 32 random bytes');
  if (isUnset(given, 'DATABASE_URL'))
    faults.push('DATABASE_URL is required in production: a PostgreSQL address, or embedded');
  for (const name of ['PUBLIC_URL', 'FRONTEND_URL']) {
    const missing = given[name] === undefined && name === 'PUBLIC_URL';
    const plain = given[name] !== undefined && !/^https:\/\//i.test(given[name]);
    if (missing || plain) faults.push(`${name} must be an https address in production`);
  }
  if (given.REQUIRE_VERIFIED_EMAIL === 'true' && given.SMTP_HOST === undefined)
    faults.push(
      'SMTP_HOST is required in production with REQUIRE_VERIFIED_EMAIL: without a mail nobody signs in',
    );
  if (Number(given.BCRYPT_ROUNDS) < 10)
    faults.push('BCRYPT_ROUNDS must be at least 10 in production');
  return faults;
}

/** A variable whose file cannot be read counts as set: the file has already been reported. */
function isUnset(given: Environment, name: string): boolean {
  return given[name] === undefined && given[`${name}_FILE`] === undefined;
}
