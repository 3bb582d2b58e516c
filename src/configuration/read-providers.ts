import { isLoopbackHost } from '../platform/http/client-address.ts';
import { parts } from './config-fields.ts';
import type { Environment } from './cross-faults.ts';
import { type ProviderPreset, providerPresets } from './provider-presets.ts';
import { providerIdForm } from './provider-variables.ts';

export type ProviderSettings = ProviderPreset & {
  id: string;
  clientId: string;
  /** Undefined for a public client. */
  clientSecret: string | undefined;
};

const suffixes = ['ISSUER', 'CLIENT_ID', 'CLIENT_SECRET', 'NAME', 'SCOPES', 'TRUST_EMAIL'];
const ofProvider = /^OIDC_(.+)_(ISSUER|CLIENT_ID|CLIENT_SECRET(?:_FILE)?|NAME|SCOPES|TRUST_EMAIL)$/;

/** The names of those variables of single providers that are given, without those of files. */
export function providerVariableNames(given: Environment): string[] {
  return Object.keys(given).filter((name) => ofProvider.test(name) && !name.endsWith('_FILE'));
}

/** The secrets that are given as files, by the names without `_FILE`. */
export function providerSecretNames(given: Environment): string[] {
  const files = Object.keys(given).filter((name) => /^OIDC_.+_CLIENT_SECRET_FILE$/.test(name));
  return files.map((name) => name.slice(0, -'_FILE'.length));
}

/** The providers in the order of `OIDC_PROVIDERS`; adds what is wrong to the faults. */
export function readProviders(given: Environment, faults: string[]): ProviderSettings[] {
  // A fault of the list itself is reported with it.
  const ids = parts(given.OIDC_PROVIDERS ?? '').filter((id) => providerIdForm.test(id));
  const prefixes = ids.map(prefixOf);
  for (const name of Object.keys(given).filter((one) => ofProvider.test(one)))
    if (!prefixes.some((prefix) => isOf(prefix, name)))
      faults.push(`${name} belongs to no provider of OIDC_PROVIDERS`);
  return ids.map((id) => readProvider(id, given, faults));
}

function prefixOf(id: string): string {
  return `OIDC_${id.toUpperCase().replaceAll('-', '_')}_`;
}

function isOf(prefix: string, name: string): boolean {
  return (
    name.startsWith(prefix) && suffixes.includes(name.slice(prefix.length).replace(/_FILE$/, ''))
  );
}

const custom: ProviderPreset = {
  protocol: 'openid',
  name: '',
  issuer: '',
  scopes: 'openid email profile',
  trustsEmail: false,
  answersByForm: false,
};

function readProvider(id: string, given: Environment, faults: string[]): ProviderSettings {
  const prefix = prefixOf(id);
  const preset = providerPresets[id] ?? custom;
  const read = (suffix: string): string | undefined => given[prefix + suffix];
  const issuer = read('ISSUER') ?? preset.issuer;
  const settings = {
    ...preset,
    id,
    name: read('NAME') ?? (preset.name || id),
    issuer,
    // A provider for trying things out needs no registration.
    clientId: read('CLIENT_ID') ?? (isPlain(issuer) ? 'adl' : ''),
    clientSecret: read('CLIENT_SECRET'),
    scopes: read('SCOPES') ?? preset.scopes,
    // What a preset says of its provider holds for nobody else's installation.
    trustsEmail: isYes(read('TRUST_EMAIL')) ?? (preset.trustsEmail && issuer === preset.issuer),
  };
  const isSecretInFile = given[`${prefix}CLIENT_SECRET_FILE`] !== undefined;
  faults.push(...faultsOf(settings, prefix, given, isSecretInFile));
  return settings;
}

function isPlain(issuer: string): boolean {
  return URL.canParse(issuer) && new URL(issuer).protocol === 'http:';
}

function isYes(value: string | undefined): boolean | undefined {
  return value === undefined ? undefined : value === 'true';
}

function faultsOf(
  settings: ProviderSettings,
  prefix: string,
  given: Environment,
  isSecretInFile: boolean,
): string[] {
  const { issuer, clientId, clientSecret, name, scopes, protocol } = settings;
  const isOpen = given.OIDC_ALLOW_PRIVATE === 'true';
  const trust = given[`${prefix}TRUST_EMAIL`];
  const rules: [isBroken: boolean, fault: string][] = [
    [issuer === '', 'ISSUER is required: it is no known provider'],
    [
      issuer !== '' && !isIssuer(issuer, isOpen),
      'ISSUER must be an https address without query, fragment and /.well-known; with OIDC_ALLOW_PRIVATE=true also http on this machine',
    ],
    [!/^[\x21-\x7e]{1,300}$/.test(clientId), 'CLIENT_ID is required, without blanks'],
    [clientSecret !== undefined && clientSecret.length > 4096, 'CLIENT_SECRET is too long'],
    [
      protocol === 'github' && clientSecret === undefined && !isSecretInFile,
      'CLIENT_SECRET is required',
    ],
    [
      !/^[^\p{Cc}\p{Zl}\p{Zp}<>]{1,40}$/u.test(name),
      'NAME must be plain text of up to 40 characters',
    ],
    [
      protocol === 'openid' && !scopes.split(' ').includes('openid'),
      'SCOPES must be a list with blanks that has openid in it',
    ],
    [trust !== undefined && !/^(true|false)$/.test(trust), 'TRUST_EMAIL must be true or false'],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, fault]) => prefix + fault);
}

/** The library compares the issuer of what it discovers, unless the address names the document. */
function isIssuer(value: string, allowsPlain: boolean): boolean {
  if (!/^https?:\/\/[^\s?#\\@]+$/.test(value) || !URL.canParse(value)) return false;
  const { protocol, hostname, pathname } = new URL(value);
  if (pathname.includes('/.well-known')) return false;
  return protocol === 'https:' || (allowsPlain && isLoopbackHost(hostname));
}
