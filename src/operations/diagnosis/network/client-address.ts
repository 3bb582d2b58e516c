import { type CidrList, cidrListContains } from '../../../platform/http/cidr.ts';
import { type Check, type Found, failed, ok, skipped, warning } from '../finding.ts';
import { type Arrivals, forgedAddress } from './public-url.ts';

type Seen = Arrivals['seen'][number];

/**
 * Limits and the audit log need the client's true address: neither the proxy's nor a claimed one.
 */
export function clientAddressCheck(
  trustedProxies: CidrList,
  arrivals: () => Promise<Arrivals>,
): Check {
  return {
    name: 'client address',
    run: async () => {
      const { seen } = await arrivals();
      if (seen.length === 0) return skipped('no request arrived');
      const found = seen.map((one) => judge(one, trustedProxies));
      return (
        found.find(({ status }) => status !== 'ok') ?? found[0] ?? skipped('no request arrived')
      );
    },
  };
}

function judge({ arrival, ownAddress }: Seen, trustedProxies: CidrList): Found {
  const { client, peer, is_peer_trusted: isTrusted, forwarded_for: forwarded } = arrival;
  const isOwn = (address: string) => cidrListContains(trustedProxies, address);
  if (client === forgedAddress) return judgeForged(arrival, isOwn);
  if (client === ownAddress && isTrusted)
    return ok(`seen as ${client}, forged addresses are ignored`);
  if (client === peer && forwarded !== null && !isTrusted && peer !== ownAddress)
    return failed(
      `the proxy connects from ${peer}, which TRUSTED_PROXIES lacks: all clients count as one`,
      `Set TRUSTED_PROXIES=${peer}/${peer.includes(':') ? 128 : 32}`,
    );
  if (forwarded !== null && !isTrusted && forwarded.at(-1) !== forgedAddress)
    return failed(
      `the proxy at ${peer} is not in TRUSTED_PROXIES: all clients count as one`,
      `Set TRUSTED_PROXIES=${peer}/${peer.includes(':') ? 128 : 32}`,
    );
  if (client === peer && isTrusted && peer !== ownAddress)
    return failed(
      `the proxy at ${peer} does not say who the client is: all clients count as one`,
      'Let it set X-Forwarded-For: proxy_set_header X-Forwarded-For $remote_addr',
    );
  if (isOwn(client) && client !== ownAddress)
    return failed(
      `seen as ${client}, the address of a proxy: another proxy in front of it is not told`,
      'Let the inner proxy take the address from the outer one: real_ip_header, set_real_ip_from (BALANCERS)',
    );
  return ok(
    client === ownAddress ? `seen as ${client}` : `seen as ${client}, behind a translation`,
  );
}

/**
 * The last address that arrived is the one that the proxy added; what is in front of it, clients
 * claim.
 */
function judgeForged(
  { peer, forwarded_for: forwarded }: Seen['arrival'],
  isOwn: (a: string) => boolean,
): Found {
  const last = forwarded?.at(-1) ?? '';
  if (last !== forgedAddress && isOwn(last))
    return warning(
      `this machine (${last}) is in TRUSTED_PROXIES, so that what it claims is believed`,
      'Run adl doctor on a machine outside, or let the proxy overwrite X-Forwarded-For',
    );
  return failed(
    `any client can claim any address: ${peer} is trusted and passed a forged one on`,
    'Let the proxy set X-Forwarded-For itself, and TRUSTED_PROXIES hold the addresses of proxies only',
  );
}
