import type { IncomingMessage } from 'node:http';
import type { Logger } from '../logging/logger.ts';
import { type CidrList, cidrListContains } from './cidr.ts';
import { hasForwardingHeader, peerAddress } from './client-address.ts';

/** Clients can forge the headers from many addresses and flood the log. */
const mostTold = 10;

/** Warns once for each peer, at most ten in all, that forwards requests but is not trusted. */
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
      `Forwarding headers are ignored: they come from ${peer}, which is not in TRUSTED_PROXIES. ` +
        'All its requests count as one client. If it is your proxy, add it to TRUSTED_PROXIES',
    );
  };
}
