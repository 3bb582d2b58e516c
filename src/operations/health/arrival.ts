import { hostname } from 'node:os';
import { anyoneUncounted } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { version } from '../../configuration/version.ts';
import { notFound } from '../../platform/errors.ts';
import { cidrListContains } from '../../platform/http/cidr.ts';
import { peerAddress } from '../../platform/http/client-address.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { passHeader, proofFor } from './arrival-pass.ts';

/** How a request arrived, as the service sees it. */
export type Arrival = {
  proof: string;
  /** Which process answers. */
  process: string;
  version: string;
  time: string;
  client: string;
  /** The other end of the connection: the last proxy, if there is one. */
  peer: string;
  is_peer_trusted: boolean;
  /** `X-Forwarded-For` as it arrived. */
  forwarded_for: string[] | null;
  forwarded_proto: string | null;
  host: string | null;
};

/** For `adl doctor`, which shows by a pass that it has the secret; everyone else gets a 404. */
export function addArrivalRoute(app: HttpServer, { config, keys }: RouteDependencies): void {
  app.get('/health/arrival', { ...anyoneUncounted, schema: { hide: true } }, async (request) => {
    const proof = proofFor(keys, headerOf(request.headers[passHeader]) ?? '');
    if (proof === null) throw notFound("The requested resource '/health/arrival' was not found");
    const peer = peerAddress(request.raw);
    const forwarded = headerOf(request.headers['x-forwarded-for']);
    return {
      proof,
      process: `${hostname()}:${process.pid}`,
      version,
      time: new Date().toISOString(),
      client: request.clientAddress,
      peer,
      is_peer_trusted: cidrListContains(config.trustedProxies, peer),
      forwarded_for: forwarded?.split(',').map((part) => part.trim()) ?? null,
      forwarded_proto: headerOf(request.headers['x-forwarded-proto']),
      host: request.headers.host ?? null,
    } satisfies Arrival;
  });
}

function headerOf(value: string | string[] | undefined): string | null {
  return value === undefined ? null : String(value);
}
