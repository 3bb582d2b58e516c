import { Resolver } from 'node:dns/promises';
import {
  type Check,
  describeProblem,
  type Found,
  failed,
  ok,
  skipped,
  warning,
} from '../finding.ts';

type Options = {
  fromEmail: string | undefined;
  /** Where the mail server's public key is published. */
  dkimSelector?: string | undefined;
  /** An address and port to ask instead of the machine's own name servers. */
  dnsServer?: string | undefined;
};

type Lookup = (name: string) => Promise<string[]>;

const queryMilliseconds = 2000;

/** What receivers look up about the sender's domain: SPF, DKIM and DMARC. */
export function mailDomainCheck({ fromEmail, dkimSelector, dnsServer }: Options): Check {
  return {
    name: 'mail domain',
    run: async () => {
      const domain = fromEmail?.split('@').at(-1)?.toLowerCase();
      if (domain === undefined) return skipped('SMTP_FROM_EMAIL is not set');
      const lookup = textLookup(dnsServer);
      try {
        return await Promise.all([
          spf(domain, lookup),
          dkim(domain, dkimSelector, lookup),
          dmarc(domain, lookup),
        ]);
      } catch (error) {
        return skipped(`DNS does not answer here (${describeProblem(error)})`);
      }
    },
  };
}

/** The text records of a name; none where there is no such name. */
function textLookup(server: string | undefined): Lookup {
  const resolver = new Resolver({ timeout: queryMilliseconds, tries: 2 });
  if (server !== undefined) resolver.setServers([server]);
  return async (name) => {
    try {
      return (await resolver.resolveTxt(name)).map((parts) => parts.join(''));
    } catch (error) {
      if (['ENOTFOUND', 'ENODATA'].includes(describeProblem(error))) return [];
      throw error;
    }
  };
}

async function spf(domain: string, lookup: Lookup): Promise<Found> {
  const records = (await lookup(domain)).filter((record) => /^v=spf1( |$)/i.test(record));
  const [record] = records;
  if (record === undefined)
    return warning(
      `SPF: ${domain} has no record`,
      'Publish one that names the mail server: v=spf1 … -all',
    );
  if (records.length > 1)
    return failed(
      `SPF: ${domain} has ${records.length} records, so that none counts`,
      'Publish one alone',
    );
  if (/ \+?all\b/i.test(record))
    return failed(`SPF: ${domain} allows everybody to send`, 'End the record with -all or ~all');
  return ok(`SPF: ${domain} has a record`);
}

async function dkim(domain: string, selector: string | undefined, lookup: Lookup): Promise<Found> {
  if (selector === undefined)
    return skipped('DKIM: needs --dkim-selector, which the mail server knows');
  const name = `${selector}._domainkey.${domain}`;
  const records = (await lookup(name)).filter((record) => /(^|;)\s*p=/i.test(record));
  const key = /(?:^|;)\s*p=([^;]*)/i.exec(records[0] ?? '')?.[1]?.trim();
  if (key === undefined)
    return failed(`DKIM: ${name} has no key`, 'Publish the public key of the mail server');
  if (key === '') return failed(`DKIM: the key of ${name} is revoked`, 'Publish the key in use');
  return ok(`DKIM: ${name} has a key`);
}

/**
 * Of the domain, or of the one that it belongs to (RFC 7489 § 6.6.3, without the list of suffixes).
 */
async function dmarc(domain: string, lookup: Lookup): Promise<Found> {
  const labels = domain.split('.');
  const domains = labels.slice(0, -1).map((_label, at) => labels.slice(at).join('.'));
  for (const one of domains) {
    const record = (await lookup(`_dmarc.${one}`)).find((text) => /^v=DMARC1\s*(;|$)/i.test(text));
    if (record === undefined) continue;
    const policy = /;\s*p=(\w+)/i.exec(record)?.[1]?.toLowerCase();
    if (policy === 'reject' || policy === 'quarantine')
      return ok(`DMARC: ${one} asks to ${policy}`);
    const advice = 'Once the reports are clean, set p=quarantine or p=reject';
    return warning(`DMARC: ${one} lets forged mails pass (p=${policy ?? 'missing'})`, advice);
  }
  return warning(
    `DMARC: ${domain} has no record`,
    `Publish one at _dmarc.${domain}: v=DMARC1; p=quarantine`,
  );
}
