import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type CidrList, cidrListContains } from './cidr.ts';
import { peerAddress } from './client-address.ts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const hex = /^[0-9a-f]{32}$/i;

/** Keeps a trusted proxy's id if it is a UUID or 32 hex digits, else makes one (ASVS V16.2.4). */
export function requestIdOf(request: IncomingMessage, trustedProxies: CidrList): string {
  const given = request.headers['x-request-id'];
  if (typeof given !== 'string' || !cidrListContains(trustedProxies, peerAddress(request)))
    return randomUUID();
  if (uuid.test(given)) return given.toLowerCase();
  return hex.test(given)
    ? given.toLowerCase().replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    : randomUUID();
}
