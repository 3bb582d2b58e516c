import type { Arrival } from '../../health/arrival.ts';
import { passHeader } from '../../health/arrival-pass.ts';
import {
  type Check,
  describeProblem,
  type Found,
  failed,
  ok,
  skipped,
  warning,
} from '../finding.ts';
import { askPublicUrl, type Place, type PublicAnswer } from './ask-public-url.ts';

/** What the service said of each of several requests through the public URL. */
export type Arrivals = { seen: { arrival: Arrival; ownAddress: string }[]; problems: Found[] };

/** A pass, and the answer that shows that it is this deployment which answers. */
export type Pass = { pass: string; proof: string };

/** From a range for documents (RFC 5737), which nobody has. */
export const forgedAddress = '192.0.2.77';

/** So many that each of a few replicas gets some. */
const requests = 8;

/** Asks the service how requests arrive, with a forged address in each. */
export async function collectArrivals(
  place: Place,
  { pass, proof }: Pass,
  signal: AbortSignal,
): Promise<Arrivals> {
  const headers = { [passHeader]: pass, 'x-forwarded-for': forgedAddress };
  const answers = await Promise.allSettled(
    Array.from({ length: requests }, () =>
      askPublicUrl(place, { path: '/health/arrival', headers }, signal),
    ),
  );
  const seen: Arrivals['seen'] = [];
  const problems: Found[] = [];
  for (const answer of answers) {
    if (answer.status === 'rejected') problems.push(unreachable(answer.reason));
    else {
      const arrival = arrivalOf(answer.value, proof);
      if (arrival === null) problems.push(foreign(answer.value));
      else seen.push({ arrival, ownAddress: answer.value.ownAddress });
    }
  }
  return { seen, problems };
}

function unreachable(reason: unknown): Found {
  return failed(
    `PUBLIC_URL does not answer (${describeProblem(reason)})`,
    'Start the proxy, or correct PUBLIC_URL or the name in DNS; --address asks another address than DNS says',
  );
}

function foreign({ status }: PublicAnswer): Found {
  if (status >= 500)
    return failed(
      `the proxy answers ${status}`,
      'Start the service, or correct the addresses in the proxy',
    );
  return failed(
    `something else answers at PUBLIC_URL, or a process with another SECRET_KEY (status ${status})`,
    'Let the proxy pass all paths to this service, and give all processes the same SECRET_KEY',
  );
}

function arrivalOf({ status, body }: PublicAnswer, proof: string): Arrival | null {
  if (status !== 200) return null;
  try {
    const arrival = JSON.parse(body) as Arrival;
    return arrival.proof === proof ? arrival : null;
  } catch {
    return null;
  }
}

const tolerableSkewSeconds = 5;

/** Whether the public address leads to this service, and to all of its processes alike. */
export function publicUrlCheck(
  place: Place,
  version: string,
  arrivals: () => Promise<Arrivals>,
): Check {
  return {
    name: 'public url',
    run: async () => {
      const { seen, problems } = await arrivals();
      if (seen.length === 0) return problems[0] ?? skipped('nothing was asked');
      const share = `${problems.length} of ${problems.length + seen.length} requests`;
      const partly = problems
        .slice(0, 1)
        .map((one) => ({ ...one, cause: `${share}: ${one.cause}` }));
      const faults = [...partly, ...hostFaults(place, seen), ...processFaults(seen, version)];
      const processes = new Set(seen.map(({ arrival }) => arrival.process)).size;
      return faults.length > 0
        ? faults
        : ok(`${place.url.origin} leads here, ${processes} process(es) seen`);
    },
  };
}

function hostFaults({ url }: Place, seen: Arrivals['seen']): Found[] {
  const foreignHost = seen.find(
    ({ arrival }) => arrival.host?.replace(/:\d+$/, '') !== url.hostname,
  );
  const host =
    foreignHost === undefined
      ? []
      : [
          warning(
            `the service sees the host ${foreignHost.arrival.host}, not ${url.hostname}`,
            'Let the proxy pass Host on: proxy_set_header Host $host',
          ),
        ];
  const scheme = url.protocol.slice(0, -1);
  const other = seen.find(({ arrival }) => (arrival.forwarded_proto ?? scheme) !== scheme);
  if (other === undefined) return host;
  const cause = `the proxy says ${other.arrival.forwarded_proto}, PUBLIC_URL says ${scheme}`;
  return [
    ...host,
    warning(cause, 'Let the proxy set X-Forwarded-Proto to the scheme of the client'),
  ];
}

function processFaults(seen: Arrivals['seen'], version: string): Found[] {
  const others = new Set(
    seen.map(({ arrival }) => arrival.version).filter((released) => released !== version),
  );
  const skews = seen.map(({ arrival }) => (Date.parse(arrival.time) - Date.now()) / 1000);
  const worst = Math.max(...skews.map(Math.abs));
  return [
    ...(others.size === 0
      ? []
      : [
          warning(
            `processes of release ${[...others].join(', ')} answer, this is ${version}`,
            'Restart them',
          ),
        ]),
    ...(worst <= tolerableSkewSeconds
      ? []
      : [
          warning(
            `the clock of a server process is ${worst.toFixed(0)} s from this machine's`,
            'Synchronise all clocks with NTP (timedatectl)',
          ),
        ]),
  ];
}
