import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The reason to skip the tests, or false. */
export const withoutOpenssl = spawnSync('openssl', ['version']).error
  ? 'openssl is not installed'
  : false;

/** Self-signed, for this name only, and valid from now by default. */
export function makeCertificate(
  t: { after(end: () => unknown): void },
  name: string,
  { start = '20260101000000Z', end = '20991231000000Z' } = {},
): { key: string; cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'adl-certificate-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const [key, request, cert, config, database] = [
    'key',
    'request',
    'cert',
    'config',
    'database',
  ].map((file) => join(directory, file)) as [string, string, string, string, string];
  const openssl = (...options: string[]) => execFileSync('openssl', options, { stdio: 'ignore' });
  const newKey = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-keyout',
    key,
  ];
  openssl(
    'req',
    '-new',
    ...newKey,
    '-out',
    request,
    '-subj',
    '/CN=mail',
    '-addext',
    `subjectAltName=${name}`,
  );
  writeFileSync(database, '');
  writeFileSync(
    config,
    `[ca]\ndefault_ca=own\n[own]\ndatabase=${database}\nnew_certs_dir=${directory}\nrand_serial=yes\n` +
      'default_md=sha256\npolicy=any\ncopy_extensions=copy\nunique_subject=no\n[any]\ncommonName=supplied\n',
  );
  const signed = [
    '-keyfile',
    key,
    '-in',
    request,
    '-out',
    cert,
    '-startdate',
    start,
    '-enddate',
    end,
    '-notext',
  ];
  openssl('ca', '-batch', '-selfsign', '-config', config, ...signed);
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}
