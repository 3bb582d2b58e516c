import type { IncomingMessage } from 'node:http';
import type { Logger } from '../logging/logger.ts';
import { type CidrList, cidrListContains } from './cidr.ts';
import { hasForwardingHeader, peerAddress } from './client-address.ts';

/** Anybody can send the header, from many addresses. */
const mostTold = 10;

/** Tells, once a peer and of ten at most, that a peer forwards requests without being trusted to. */
export function warnOfUntrustedProxies(
  trustedProxies: CidrList,
  logger: Logger,
): (request: IncomingMessage) => void {
  const told = new Set<string>();
  return (request) => {
    if (told.size >= mostTold || !hasForwardingHeader(request)) return;
    const peer = peerAddress(request);
    if (told.has(peer) || cidrListContains(trustedProxies, peer)) return;
    told.add(peer);
    logger.warn(
      `A proxy, or somebody who poses as one, sends forwarding headers from ${peer}, which is not in TRUSTED_PROXIES: ` +
        'they are ignored, and all requests from there count as one client. If it is your proxy, add it to TRUSTED_PROXIES',
    );
  };
}
