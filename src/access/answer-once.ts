import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Dependencies } from '../domain/dependencies.ts';
import { type Attempt, beginOnce, type Repeat } from '../domain/idempotency/begin-once.ts';
import { keepAnswer, markCarriedOut, releaseKey } from '../domain/idempotency/idempotency-store.ts';
import {
  type KeyedRequest,
  type RememberedAnswer,
  sealAnswer,
} from '../domain/idempotency/keyed-request.ts';
import type { Party } from '../domain/realms/realms.ts';
import type { Database, Transaction } from '../platform/database/database.ts';
import { LastTransaction } from '../platform/database/last-transaction.ts';
import { AppError, type ErrorName, invalid, unavailable } from '../platform/errors.ts';
import type { ErrorAnswer } from '../platform/http/error-answers.ts';
import { text } from '../platform/http/schemas.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'logger'>;
type Asker = { account: Party; isSuperadmin: boolean };

const idempotencyKey = text(64).min(16);

const changingMethods = ['POST', 'PUT', 'PATCH'];

/** Errors that are remembered like a success. */
const definite = [400, 404, 409, 412, 422];
/** Errors of an operation that changed nothing, and may well succeed later. */
const refusals = [401, 403, 429];

/**
 * The hooks of every guarded POST, PUT and PATCH: a request with an `Idempotency-Key` is carried
 * out once, and repetitions get its answer for a day. Change and answer are one transaction: a
 * process that is killed doubles nothing, and loses no answer to what it changed.
 */
export function answerOnce(deps: Deps, askerOf: (request: FastifyRequest) => Asker) {
  const attempts = new WeakMap<FastifyRequest, RunningAttempt>();
  return {
    /** Before the body is read. */
    requireSoundKey: async (request: FastifyRequest): Promise<void> => {
      const key = keyOf(request);
      if (key === null || idempotencyKey.safeParse(key).success) return;
      const message = 'must have 16 to 64 characters';
      throw invalid({ field: 'idempotency-key', message, type: 'invalid_idempotency_key' });
    },
    /** Once the caller is known. */
    begin: async (request: FastifyRequest, reply: FastifyReply) => {
      const key = keyOf(request);
      if (key === null) return;
      const { account, isSuperadmin } = askerOf(request);
      const keyed = keyedRequest(request, account, key);
      const begun = await beginOnce(deps, keyed, isSuperadmin);
      if ('attempt' in begun) {
        attempts.set(request, { attempt: begun.attempt, last: lastTransactionOf(begun.attempt) });
        // By the time limit: the handler will not run.
        if (reply.sent) await releaseKey(deps.db, begun.attempt, { always: false });
        return;
      }
      return repeatAnswer(reply, begun.repeat);
    },
    join: (request: FastifyRequest, _reply: FastifyReply, next: () => void): void => {
      const running = attempts.get(request);
      if (running === undefined) next();
      else running.last.run(next);
    },
    end: async (request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> => {
      const running = attempts.get(request);
      if (running === undefined) return;
      attempts.delete(request);
      await endAttempt(deps, running, reply, payload);
    },
    /**
     * After an answer that was not the handler's: the change is kept if it was made, and the key is
     * free if it was not.
     */
    settle: async (request: FastifyRequest): Promise<void> => {
      const running = attempts.get(request);
      if (running === undefined) return;
      attempts.delete(request);
      await running.last.commitWith(async () => {});
      await releaseKey(deps.db, running.attempt, { always: false });
    },
  };
}

type RunningAttempt = { attempt: Attempt; last: LastTransaction<Transaction> };

function lastTransactionOf(attempt: Attempt): LastTransaction<Transaction> {
  return new LastTransaction(async (trx) => {
    // Another attempt has taken over, or this one was answered with an error.
    if (!(await markCarriedOut(trx, attempt))) throw unavailable();
  });
}

/** An error gets the id of this request: the log tells of it under that one. */
function repeatAnswer(reply: FastifyReply, { status, body, etag }: Repeat): FastifyReply {
  if (status >= 400) {
    const { error, message, details } = JSON.parse(body) as ErrorAnswer;
    const headers = { 'idempotency-replayed': 'true' };
    throw new AppError(error as ErrorName, message, { headers, ...(details && { details }) });
  }
  reply.code(status).header('idempotency-replayed', 'true');
  if (etag !== null) reply.header('etag', etag);
  if (body !== '') reply.type('application/json');
  return reply.send(body === '' ? null : body);
}

/** Answer and change are committed together: throws, and changes nothing, if they cannot be. */
async function endAttempt(
  deps: Deps,
  { attempt, last }: RunningAttempt,
  reply: FastifyReply,
  payload: unknown,
): Promise<void> {
  const { statusCode: status } = reply;
  const isKept = status < 300 || definite.includes(status);
  const sealed = isKept
    ? sealAnswer(attempt.keys, attempt.request, answerOf(reply, payload))
    : null;
  const settle = async (db: Database) => {
    if (sealed !== null) await keepAnswer(db, attempt, status, sealed);
    else await releaseKey(db, attempt, { always: refusals.includes(status) });
  };
  try {
    if (await last.commitWith(settle)) return;
  } catch (error) {
    reply.removeHeader('etag');
    await releaseKey(deps.db, attempt, { always: false }).catch(() => {});
    throw error;
  }
  // There is no transaction: what was carried out is recorded already, and the answer goes out.
  await settle(deps.db).catch((err: unknown) =>
    deps.logger.warn({ err }, 'The answer to an Idempotency-Key could not be kept'),
  );
}

function answerOf(reply: FastifyReply, payload: unknown): RememberedAnswer {
  const etag = reply.getHeader('etag');
  return {
    body: typeof payload === 'string' ? payload : '',
    etag: typeof etag === 'string' ? etag : null,
  };
}

function keyOf({ raw, method }: FastifyRequest): string | null {
  const key = raw.headers['idempotency-key'];
  return typeof key === 'string' && changingMethods.includes(method) ? key : null;
}

function keyedRequest(request: FastifyRequest, account: Party, key: string): KeyedRequest {
  const { method, routeOptions, params, query, body, raw } = request;
  const route = `${method} ${routeOptions.url ?? ''}`;
  const content = JSON.stringify([params, query, body ?? null, raw.headers['if-match'] ?? null]);
  return { account, route, key, content };
}
