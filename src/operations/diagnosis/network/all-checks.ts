import type { Config } from '../../../configuration/config.ts';
import type { Check } from '../finding.ts';
import type { Place } from './ask-public-url.ts';
import { clientAddressCheck } from './client-address.ts';
import { headersCheck } from './headers.ts';
import { mailDomainCheck } from './mail-domain.ts';
import { plainHttpCheck } from './plain-http.ts';
import { type Arrivals, collectArrivals, type Pass, publicUrlCheck } from './public-url.ts';
import { redisCheck } from './redis.ts';
import { smtpCheck } from './smtp.ts';
import { tlsCheck } from './tls.ts';

type Given = {
  config: Config;
  version: string;
  pass: Pass | null;
  address?: string | undefined;
  httpPort?: number | undefined;
  mailTo?: string | undefined;
  dkimSelector?: string | undefined;
  dnsServer?: string | undefined;
};

/** What is asked of other machines, all of them named in the configuration or by an option. */
export function networkChecks({ config, version, pass, ...options }: Given): Check[] {
  const { address, httpPort, mailTo, dkimSelector, dnsServer } = options;
  const place: Place = { url: new URL(config.publicUrl), address, httpPort };
  const arrivals = shareArrivals(place, pass);
  const { fromEmail } = config.smtp;
  return [
    publicUrlCheck(place, version, arrivals),
    clientAddressCheck(config.trustedProxies, arrivals),
    tlsCheck(place),
    plainHttpCheck(place),
    headersCheck(place),
    redisCheck(config),
    smtpCheck({ config, mailTo }),
    mailDomainCheck({ fromEmail, dkimSelector, dnsServer }),
  ];
}

const mostMilliseconds = 9000;

/** Two checks read the same answers. */
function shareArrivals(place: Place, pass: Pass | null): () => Promise<Arrivals> {
  if (pass === null) return async () => ({ seen: [], problems: [] });
  let asking: Promise<Arrivals> | undefined;
  return () => {
    asking ??= collectArrivals(place, pass, AbortSignal.timeout(mostMilliseconds));
    return asking;
  };
}
