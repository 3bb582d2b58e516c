import { readFileSync, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { equalSecrets, sha256 } from '../platform/crypto/secret-keys.ts';
import type { Logger } from '../platform/logging/logger.ts';

export const serviceScopes = ['introspect', 'forward'] as const;
export type ServiceScope = (typeof serviceScopes)[number];

/** An application's own server, which has a token in `SERVICE_TOKENS_FILE`. */
type Service = { readonly name: string; readonly scopes: readonly ServiceScope[] };

export type ServiceTokens = {
  find(token: string): Service | null;
  /** By the header `X-Service-Token`; undefined without one, null if nobody has that token. */
  ofHeader(request: IncomingMessage): Service | null | undefined;
};

/** The file cannot be read, or a line of it is no entry; the message has no secret. */
export class ServiceTokensError extends Error {
  constructor(problem: string, cause?: unknown) {
    super(`SERVICE_TOKENS_FILE ${problem}`, { cause });
    this.name = 'ServiceTokensError';
  }
}

type Entry = Service & { readonly digest: Buffer };

export const serviceTokenPrefix = 'adl_st_';
export const serviceNamePattern = /^[a-z0-9][a-z0-9._-]{0,49}$/;
const line = /^(\S+) +([a-z]+(?:,[a-z]+)*) +([0-9a-f]{64})$/;

const lookMilliseconds = 2000;

/**
 * Throws `ServiceTokensError`. A changed file is read again when a token is next asked for, two
 * seconds later at most. One with a fault is not taken, and the log tells.
 */
export function openServiceTokens(path: string | undefined, logger: Logger): ServiceTokens {
  let entries = path === undefined ? [] : readEntries(path);
  let seen = path === undefined ? '' : versionOf(path);
  let lookedAt = performance.now();
  const refresh = (): void => {
    if (path === undefined || performance.now() - lookedAt < lookMilliseconds) return;
    lookedAt = performance.now();
    if (versionOf(path) === seen) return;
    seen = versionOf(path);
    try {
      entries = readEntries(path);
      logger.info(`services: ${entries.length} in SERVICE_TOKENS_FILE, which has changed`);
    } catch (error) {
      const problem = error instanceof ServiceTokensError ? error.message : 'cannot be read';
      logger.error(`services: ${problem}. The tokens of before stay in force`);
    }
  };
  // Compares with each, so that the time does not tell which one comes near.
  const find = (token: string): Service | null => {
    refresh();
    const digest = sha256(token);
    return entries.filter((entry) => equalSecrets(entry.digest, digest))[0] ?? null;
  };
  return {
    find,
    ofHeader: ({ headers }) => {
      const token = headers['x-service-token'];
      return token === undefined ? undefined : find(String(token));
    },
  };
}

function versionOf(path: string): string {
  const { mtimeMs, size, ino } = statSync(path, { throwIfNoEntry: false }) ?? {};
  return `${mtimeMs} ${size} ${ino}`;
}

function readEntries(path: string): Entry[] {
  const entries = readLines(path).flatMap((text, index) =>
    /^\s*(#|$)/.test(text) ? [] : [readEntry(text.trim(), index + 1)],
  );
  const names = entries.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new ServiceTokensError(`has two lines for ${twice}`);
  return entries;
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch (error) {
    throw new ServiceTokensError('cannot be read', error);
  }
}

function readEntry(text: string, number: number): Entry {
  const [, name = '', scopes = '', digest = ''] = line.exec(text) ?? [];
  const known = serviceScopes.filter((scope) => scopes.split(',').includes(scope));
  if (!serviceNamePattern.test(name) || known.length !== scopes.split(',').length) {
    const form = 'name, scopes and digest, as adl keys service-token prints it';
    throw new ServiceTokensError(`has a fault in line ${number}: it is not ${form}`);
  }
  return { name, scopes: known, digest: Buffer.from(digest, 'hex') };
}
