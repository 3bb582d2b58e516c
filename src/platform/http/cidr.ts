import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

type Address = ReturnType<typeof ipaddr.parse>;
export type CidrList = readonly [Address, number][];

/** Parses a comma-separated list of CIDR ranges and addresses; throws on anything else. */
export function parseCidrList(text: string): CidrList {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseCidr);
}

/** True if the canonical address lies in one of the ranges. */
export function cidrListContains(list: CidrList, address: string): boolean {
  if (isIP(address) === 0) return false;
  const parsed = ipaddr.process(address);
  return list.some(([range, bits]) => parsed.kind() === range.kind() && parsed.match(range, bits));
}

function parseCidr(text: string): [Address, number] {
  const [address = '', bits, ...rest] = text.split('/');
  if (isIP(address) === 0 || rest.length > 0) throw new Error('not a CIDR range');
  const parsed = ipaddr.process(address);
  const width = parsed.kind() === 'ipv4' ? 32 : 128;
  if (bits === undefined) return [parsed, width];
  if (!/^\d{1,3}$/.test(bits) || Number(bits) > width) throw new Error('not a CIDR range');
  return [parsed, Number(bits)];
}
