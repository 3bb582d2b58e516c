import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import pg from 'pg';
import {
  decodeRefreshToken,
  encodeRefreshToken,
  refreshTokenHash,
  successorOf,
} from '../../src/domain/sessions/refresh-token.ts';
import { createKeyRing } from '../../src/platform/crypto/secret-keys.ts';
import { lifetimeSeconds, signToken, verifyToken } from './floor-tokens.ts';

/**
 * The floor: nothing but what the answer needs. One prepared statement a request, the token
 * checked, the same body as the service's; no validation, limits, log or security headers.
 */
const secret = process.env.SECRET_KEY ?? '';
const keys = createKeyRing(secret);
const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });

type Owner = { subject_id: string };

const findCaller = `
  SELECT account.id, username, email, full_name, is_active, legacy_id, account.created_at, updated_at,
         is_superuser, is_email_verified, metadata, app_metadata
    FROM sessions JOIN users AS account ON account.id = subject_id
   WHERE sessions.id = $1 AND subject_kind = 'user' AND subject_id = $2 AND revoked_at IS NULL
     AND idle_expires_at > now() AND absolute_expires_at > now() AND is_active AND deleted_at IS NULL`;

const rotate = `
  UPDATE sessions SET generation = generation + 1, previous_hash = current_hash, current_hash = $3, key_id = $4,
         idempotency_hash = NULL, rotated_by_hash = NULL, rotated_at = now(), last_used_at = now(),
         idle_expires_at = least(now() + interval '7 days', absolute_expires_at)
   WHERE id = $1 AND subject_kind = 'user' AND generation = $2 AND current_hash = $5 AND revoked_at IS NULL
     AND idle_expires_at > now() AND absolute_expires_at > now()
     AND EXISTS (SELECT FROM users WHERE users.id = subject_id AND is_active AND deleted_at IS NULL)
  RETURNING subject_id`;

async function answerMe(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const claims = verifyToken(secret, request.headers.authorization?.slice('Bearer '.length) ?? '');
  const values = [claims?.sid, claims?.sub];
  const { rows } = claims
    ? await pool.query<object>({ name: 'me', text: findCaller, values })
    : { rows: [] };
  send(response, rows.length === 0 ? 401 : 200, rows[0] ?? {});
}

async function answerRefresh(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { refresh_token: text } = JSON.parse(await textOf(request)) as { refresh_token: string };
  const token = decodeRefreshToken(text, 'user', keys);
  if (token === null) return send(response, 401, {});
  const successor = successorOf(token, keys.current);
  const hashes = [refreshTokenHash(successor), keys.current.kid, refreshTokenHash(token)];
  const values = [token.sessionId, token.generation, ...hashes];
  const { rows } = await pool.query<Owner>({ name: 'rotate', text: rotate, values });
  const [row] = rows;
  if (row === undefined) return send(response, 401, {});
  send(response, 200, {
    access_token: signToken(secret, row.subject_id, token.sessionId),
    refresh_token: encodeRefreshToken(successor, 'user', keys.current),
    token_type: 'bearer',
    expires_in: lifetimeSeconds,
  });
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function send(response: ServerResponse, status: number, content: object): void {
  const body = JSON.stringify(content);
  const length = Buffer.byteLength(body);
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': length })
    .end(body);
}

createServer((request, response) => {
  if (request.url === '/health/ready') send(response, 200, {});
  else if (request.method === 'GET') void answerMe(request, response);
  else void answerRefresh(request, response);
}).listen(Number(process.env.PORT), '127.0.0.1');
