import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';

/** The tokens of the floor: the cheapest that are signed and expire. */
export const lifetimeSeconds = 900;

type Claims = { sub: string; sid: string; exp: number };

const header = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'at+jwt' })).toString('base64url');

export function signToken(secret: string, subjectId: string, sessionId: string): string {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: subjectId, sid: sessionId, jti: randomUUID(), iat: now, kind: 'user' };
  const payload = { ...claims, iss: 'adl', aud: 'adl-api', exp: now + lifetimeSeconds };
  const content = `${header}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`;
  return `${content}.${mac(secret, content).toString('base64url')}`;
}

export function verifyToken(secret: string, token: string): Claims | null {
  const end = token.lastIndexOf('.');
  const given = Buffer.from(token.slice(end + 1), 'base64url');
  const expected = mac(secret, token.slice(0, end));
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const payload = Buffer.from(token.slice(header.length + 1, end), 'base64url').toString();
  const claims = JSON.parse(payload) as Claims;
  return claims.exp * 1000 > Date.now() ? claims : null;
}

function mac(secret: string, content: string): Buffer {
  return createHmac('sha256', secret).update(content).digest();
}
