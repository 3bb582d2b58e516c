import { decodeJwt } from 'jose';
import type { Dependencies } from '../../domain/dependencies.ts';
import { realmOf } from '../../domain/realms/realms.ts';
import { findCaller } from '../../domain/sessions/find-caller.ts';

export type Introspection =
  | { active: false }
  | {
      active: true;
      sub: string;
      kind: 'user' | 'admin';
      sid: string;
      username?: string;
      iss: string;
      aud: string;
      iat: number;
      exp: number;
      auth_time: number;
      acr: '1' | '2';
    };

/** Reads session, account and key, so that a revocation counts at once (RFC 7662). */
export async function introspectToken(
  { db, accessTokens }: Pick<Dependencies, 'db' | 'accessTokens'>,
  token: string,
): Promise<Introspection> {
  const claims = await accessTokens.verify(token);
  const caller = claims && (await findCaller(db, realmOf(claims), claims));
  if (claims === null || caller === null) return { active: false };
  const { username } = caller.account;
  const { iss = '', aud = '', iat = 0 } = decodeJwt(token);
  return {
    active: true,
    sub: claims.subjectId,
    kind: claims.kind,
    sid: claims.sessionId,
    ...(username !== null && { username }),
    iss,
    aud: String(aud),
    iat,
    exp: claims.expiresAtSeconds,
    auth_time: Math.floor(caller.proof.authenticatedAt.getTime() / 1000),
    acr: caller.proof.level === 2 ? '2' : '1',
  };
}
