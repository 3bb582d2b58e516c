import { apiHeaders } from '../../../platform/http/security-headers.ts';
import { type Check, type Found, failed, ok, warning } from '../finding.ts';
import { askPublicUrl, type Place, type PublicAnswer } from './ask-public-url.ts';

const hsts = 'strict-transport-security';
const shortestHstsSeconds = 31_536_000;
/** Both are read as lists, to which a proxy may add. */
const lists = ['vary', 'cross-origin-resource-policy'];

/**
 * The security headers of the service arrive, each once; so do those of what the proxy answers
 * itself.
 */
export function headersCheck(place: Place): Check {
  return {
    name: 'headers',
    run: async (signal) => {
      const [service, refusal] = await Promise.all([
        askPublicUrl(place, { path: '/health' }, signal),
        askPublicUrl(place, { path: '/metrics' }, signal),
      ]);
      const faults = [...faultsOf('/health', service), ...faultsOf('/metrics', refusal)];
      // Without a proxy this machine asks the service itself, which may let it.
      if (refusal.status !== 404 && place.url.protocol === 'https:')
        faults.push(
          failed(
            `/metrics is open to the public (status ${refusal.status})`,
            'Let the proxy refuse it, and METRICS_ALLOW hold only who collects metrics',
          ),
        );
      return faults.length > 0 ? faults : ok('all security headers arrive, each once');
    },
  };
}

function faultsOf(path: string, { headers, headerNames }: PublicAnswer): Found[] {
  return Object.entries(apiHeaders).flatMap(([name, value]) => {
    const times = headerNames.filter((one) => one === name).length;
    if (times === 0)
      return [
        failed(`${path} has no ${name}`, `Let the proxy pass it on, or add: ${name}: ${value}`),
      ];
    if (lists.includes(name)) return [];
    if (times > 1)
      return [failed(`${path} has ${name} ${times} times`, 'Let the proxy not add it again')];
    return valueFaults(path, name, value, String(headers[name]));
  });
}

function valueFaults(path: string, name: string, wanted: string, given: string): Found[] {
  if (given === wanted) return [];
  if (name === hsts && Number(/max-age=(\d+)/.exec(given)?.[1] ?? 0) >= shortestHstsSeconds)
    return [];
  return [
    warning(
      `${path} has another ${name} than the service sends`,
      `Let the proxy leave it: ${wanted}`,
    ),
  ];
}
