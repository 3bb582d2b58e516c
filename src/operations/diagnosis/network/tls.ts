import { checkServerIdentity, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import {
  type Check,
  describeProblem,
  type Found,
  failed,
  ok,
  skipped,
  warning,
} from '../finding.ts';
import { hostOf, openPublicTls, type Place } from './ask-public-url.ts';

const soonDays = 14;
const millisecondsOfDay = 24 * 60 * 60 * 1000;

/** The certificate of the public address, as a browser would judge it, and no TLS before 1.2. */
export function tlsCheck(place: Place): Check {
  return {
    name: 'tls',
    run: async (signal) => {
      if (place.url.protocol !== 'https:') return skipped('PUBLIC_URL is http');
      let socket: TLSSocket;
      try {
        socket = await openPublicTls(place, {}, signal);
      } catch (error) {
        return failed(
          `no TLS connection (${describeProblem(error)})`,
          'Let the proxy serve TLS 1.2 and 1.3 there, with the name of PUBLIC_URL',
        );
      }
      const faults = certificateFaults(place, socket);
      const shown = `${socket.getProtocol()}, ${validity(socket.getPeerCertificate(true))}`;
      socket.destroy();
      const all = [...faults, ...(await oldVersionFaults(place, signal))];
      return all.length > 0 ? all : ok(shown);
    },
  };
}

function certificateFaults({ url }: Place, socket: TLSSocket): Found[] {
  const certificate = socket.getPeerCertificate(true);
  const host = hostOf(url);
  const faults: Found[] = [];
  const days = daysLeft(certificate);
  if (days < 0)
    faults.push(failed('the certificate has expired', 'Renew it, then reload the proxy'));
  else if (days < soonDays)
    faults.push(
      warning(
        `the certificate ${validity(certificate)}`,
        'Renew it, and look why nothing renewed it',
      ),
    );
  if (checkServerIdentity(host, certificate) !== undefined)
    faults.push(
      failed(`the certificate is not for ${host}`, `Get one for ${host}, or correct PUBLIC_URL`),
    );
  if (faults.length === 0 && !socket.authorized)
    faults.push(
      failed(
        `the certificate is not trusted (${String(socket.authorizationError)})`,
        'Get one of an authority, with the whole chain; a private authority: NODE_EXTRA_CA_CERTS',
      ),
    );
  return faults;
}

function daysLeft({ valid_to: end }: DetailedPeerCertificate): number {
  return Math.floor((Date.parse(end) - Date.now()) / millisecondsOfDay);
}

function validity(certificate: DetailedPeerCertificate): string {
  return `ends in ${daysLeft(certificate)} days`;
}

async function oldVersionFaults(place: Place, signal: AbortSignal): Promise<Found[]> {
  const old = {
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1.1',
    ciphers: 'DEFAULT:@SECLEVEL=0',
  } as const;
  try {
    const socket = await openPublicTls(place, old, signal);
    const version = socket.getProtocol();
    socket.destroy();
    return [
      failed(
        `${version} is accepted`,
        'Allow TLS 1.2 and 1.3 alone: ssl_protocols TLSv1.2 TLSv1.3',
      ),
    ];
  } catch {
    return [];
  }
}
