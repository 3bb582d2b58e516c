import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from '../certificate.ts';
import { eventually } from '../faults/eventually.ts';
import { findFreePort } from '../free-port.ts';
import { atProcessEnd } from '../process-end.ts';

type Lifetime = { after(end: () => unknown): void };

export type Nginx = {
  /** For https and for http. */
  port: number;
  plainPort: number;
  /** The certificate, which clients trust. */
  certificate: string;
  configuration: string;
  accessLog: () => string;
  errorLog: () => string;
};

export const publicHost = 'accounts.example.com';

// Debian installs it in a directory that only root's PATH contains.
const program = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';

/** The reason to skip the tests, or false. */
export const withoutNginx = spawnSync(program, ['-v']).error ? 'nginx is not installed' : false;

/**
 * Debian's nginx with the configuration of deploy/nginx, in front of the ports; ends with the test.
 */
export async function startNginx(
  t: Lifetime,
  replicas: readonly number[],
  variables: Record<string, string> = {},
): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), 'adl-nginx-'));
  const [port, plainPort] = [await findFreePort(), await findFreePort()];
  const { cert: certificate, key } = makeCertificate(t, `DNS:${publicHost}`);
  const file = (name: string) => join(directory, name);
  writeFileSync(file('certificate.pem'), certificate);
  writeFileSync(file('key.pem'), key, { mode: 0o600 });
  const own = {
    PUBLIC_HOST: publicHost,
    TLS_CERTIFICATE: file('certificate.pem'),
    TLS_KEY: file('key.pem'),
    REPLICAS: replicas.map((replica) => `127.0.0.1:${replica}`).join(' '),
    LISTEN_ADDRESSES: '127.0.0.1',
    HTTP_PORT: String(plainPort),
    HTTPS_PORT: String(port),
    NGINX_USER: userInfo().username,
    NGINX_RUN: file('run'),
    ACCESS_LOG: file('access.log'),
    ERROR_LOG: file('error.log'),
  };
  renderNginx(directory, { ...own, ...variables });
  await runUntilTheEnd(t, directory, port);
  return {
    port,
    plainPort,
    certificate,
    configuration: readFileSync(file('nginx.conf'), 'utf8'),
    accessLog: () => readFileSync(file('access.log'), 'utf8'),
    errorLog: () => readFileSync(file('error.log'), 'utf8'),
  };
}

/** Throws with what the script says. */
export function renderNginx(directory: string, variables: Record<string, string>): void {
  const script = join(import.meta.dirname, '../../deploy/nginx/render.sh');
  execFileSync(script, [directory], {
    env: { PATH: process.env.PATH, ...variables },
    stdio: 'pipe',
  });
}

async function runUntilTheEnd(t: Lifetime, directory: string, port: number): Promise<void> {
  const command = ['-c', join(directory, 'nginx.conf'), '-g', 'daemon off;'];
  // Answers have times in UTC only where nginx runs in it, as the unit and the image make it.
  const child = spawn(program, command, {
    stdio: 'ignore',
    env: { PATH: process.env.PATH, TZ: 'UTC' },
  });
  const gone = once(child, 'exit');
  const cancel = atProcessEnd(() => void child.kill('SIGTERM'));
  t.after(async () => {
    child.kill('SIGTERM');
    await gone;
    cancel();
    rmSync(directory, { recursive: true, force: true });
  });
  await eventually('nginx listens', async () => {
    if (child.exitCode !== null)
      throw new Error(readFileSync(join(directory, 'error.log'), 'utf8'));
    return isListening(port);
  });
}

async function isListening(port: number): Promise<boolean> {
  const { connect } = await import('node:net');
  const socket = connect(port, '127.0.0.1');
  return once(socket, 'connect').then(
    () => !socket.destroy().connecting,
    () => false,
  );
}
