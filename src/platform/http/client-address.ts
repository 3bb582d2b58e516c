import type { IncomingMessage } from 'node:http';
import { isIP, type Socket } from 'node:net';
import ipaddr from 'ipaddr.js';
import { type CidrList, cidrListContains } from './cidr.ts';

export function peerAddress({ socket }: { socket: Pick<Socket, 'remoteAddress'> }): string {
  return canonical(socket.remoteAddress ?? '') ?? '0.0.0.0';
}

/** The peer, or behind trusted proxies the rightmost other address of `X-Forwarded-For`. */
export function clientAddress(request: IncomingMessage, trustedProxies: CidrList): string {
  return clientAndBefore(request, trustedProxies).address;
}

/** The address that this client, who may, names as that of its own client; null if it names none. */
export function namedAddress(request: IncomingMessage, trustedProxies: CidrList): string | null {
  const { before } = clientAndBefore(request, trustedProxies);
  return canonical(before.at(-1)?.trim() ?? '');
}

/** `before`: what is left of the header, and what the client itself wrote. */
function clientAndBefore(request: IncomingMessage, trustedProxies: CidrList) {
  let address = peerAddress(request);
  const before = String(request.headers['x-forwarded-for'] ?? '').split(',');
  while (cidrListContains(trustedProxies, address)) {
    const next = canonical(before.at(-1)?.trim() ?? '');
    if (next === null) break;
    before.pop();
    address = next;
  }
  return { address, before };
}

/** The network of one client: a household has one IPv4 address, but a whole IPv6 prefix. */
export function networkOf(address: string, ipv6Prefix: number): string {
  if (isIP(address) !== 6) return address;
  return ipaddr.IPv6.networkAddressFromCIDR(`${address}/${ipv6Prefix}`).toString();
}

/** The same as a CIDR range, for comparison with stored addresses. */
export function networkRangeOf(address: string, ipv6Prefix: number): string {
  return `${networkOf(address, ipv6Prefix)}/${isIP(address) === 6 ? ipv6Prefix : 32}`;
}

/** The provider's network, from which a person is likely to return. */
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

/** True if a proxy, or a client posing as one, forwarded the request. */
export function hasForwardingHeader({ headers }: IncomingMessage): boolean {
  return forwardingHeaders.some((name) => headers[name] !== undefined);
}

/** True for a request from this machine, not through a proxy or a foreign name (DNS rebinding). */
export function isLocalCaller(request: IncomingMessage, publicUrl: string): boolean {
  if (hasForwardingHeader(request)) return false;
  return (
    isLoopback(peerAddress(request)) &&
    isLocalHost(request.headers.host ?? '', new URL(publicUrl).hostname)
  );
}

function isLocalHost(host: string, publicHostname: string): boolean {
  const hostname = hostnameOf(host);
  return hostname !== null && (hostname === publicHostname || isLoopbackHost(hostname));
}

/**
 * False if an attacker may own the name in `Host`. Such a name can resolve to this server, and a
 * page of the attacker can then read the answer (DNS rebinding). Addresses and names without a dot
 * are safe.
 */
export function isOwnHost(
  { headers }: Pick<IncomingMessage, 'headers'>,
  publicUrl: string,
): boolean {
  const hostname = hostnameOf(headers.host ?? '');
  if (hostname === null) return false;
  const isAddress = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
  return isAddress || !hostname.includes('.') || hostname === new URL(publicUrl).hostname;
}

/** Without the port; null if the host is invalid. */
function hostnameOf(host: string): string | null {
  if (!/^([\w.-]+|\[[\da-f:.]+\])(:\d+)?$/i.test(host) || !URL.canParse(`http://${host}`))
    return null;
  return new URL(`http://${host}`).hostname;
}

/** True for a request by a script, frame or form of another origin, but not for a followed link. */
export function isForeignPage({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const { origin, host, 'sec-fetch-site': site = 'none' } = headers;
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`)
    return true;
  const isFollowed =
    headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  return site !== 'same-origin' && site !== 'none' && !isFollowed;
}

/** Takes a host name as in a URL; IPv6 may have brackets. */
export function isLoopbackHost(host: string): boolean {
  return host === 'localhost' || isLoopback(host.replace(/^\[|\]$/g, ''));
}

function isLoopback(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.process(address).range() === 'loopback';
}

/** No port, no zone, IPv4-mapped as IPv4, IPv6 compressed in lower case; null if not an address. */
function canonical(text: string): string | null {
  // Nearly all: there is one way to write it.
  if (isIP(text) === 4) return text;
  const bare = text
    .replace(/^\[([^\]]*)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
  const withoutZone = bare.replace(/%.*$/, '');
  return isIP(withoutZone) === 0 ? null : ipaddr.process(withoutZone).toString();
}
