import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type CidrList, cidrListContains } from './cidr.ts';

/** The canonical address of the socket's other end. */
export function peerAddress({ socket }: { socket: Pick<Socket, 'remoteAddress'> }): string {
  return canonical(socket.remoteAddress ?? '') ?? '0.0.0.0';
}

/**
 * The client's canonical address: the socket's peer, or, behind trusted proxies alone, the right-most address
 * of `X-Forwarded-For` that is none of them. Whatever stands further left was written by the client.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: CidrList): string {
  let address = peerAddress(request);
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  while (cidrListContains(trustedProxies, address)) {
    const next = canonical(forwarded.pop()?.trim() ?? '');
    if (next === null) return address;
    address = next;
  }
  return address;
}

/** The network that counts as one client: one household has a whole IPv6 prefix to send from, but one IPv4 address. */
export function networkOf(address: string, ipv6Prefix: number): string {
  if (isIP(address) !== 6) return address;
  return ipaddr.IPv6.networkAddressFromCIDR(`${address}/${ipv6Prefix}`).toString();
}

/** The same as a CIDR range, for comparing with addresses that are stored whole. */
export function networkRangeOf(address: string, ipv6Prefix: number): string {
  return `${networkOf(address, ipv6Prefix)}/${isIP(address) === 6 ? ipv6Prefix : 32}`;
}

/** The provider's network rather than the client's: what one person is likely to come from again. */
export function wideNetworkOf(address: string): string {
  if (isIP(address) === 6) return ipaddr.IPv6.networkAddressFromCIDR(`${address}/32`).toString();
  return ipaddr.IPv4.networkAddressFromCIDR(`${address}/16`).toString();
}

const forwardingHeaders = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
];

/** True where a proxy, or somebody who would be taken for one, has passed the request on. */
export function hasForwardingHeader({ headers }: IncomingMessage): boolean {
  return forwardingHeaders.some((name) => headers[name] !== undefined);
}

/** A browser or command on the service's own machine, reached by no proxy and by no foreign name (DNS rebinding). */
export function isLocalCaller(request: IncomingMessage, publicUrl: string): boolean {
  if (hasForwardingHeader(request)) return false;
  return (
    isLoopback(peerAddress(request)) && isLocalHost(request.headers.host ?? '', new URL(publicUrl).hostname)
  );
}

function isLocalHost(host: string, publicHostname: string): boolean {
  if (!/^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i.test(host) || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return hostname === publicHostname || isLoopbackHost(hostname);
}

/** A host name as in a URL, IPv6 in brackets or not. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopback(host.replace(/^\[|\]$/g, ''));
}

function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.process(address).range() === 'loopback';
}

/** Without port and zone, IPv4-mapped as IPv4, IPv6 compressed in lower case; null where it is no address. */
function canonical(text: string): string | null {
  const bare = text.replace(/^\[([^\]]*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  const withoutZone = bare.replace(/%.*$/, '');
  return isIP(withoutZone) === 0 ? null : ipaddr.process(withoutZone).toString();
}
