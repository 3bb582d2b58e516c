import { execFile, execFileSync } from 'node:child_process';
import { appendFileSync, chownSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * The files of one database server; `account` is whom it runs as, empty for: whoever this process
 * runs as.
 */
export type Cluster = {
  binaries: string;
  account: { uid?: number; gid?: number };
  directory: string;
  port: number;
  password: string;
};

const debianDirectory = '/usr/lib/postgresql';

/** The directory of the newest version's programs; null where no server is installed. */
export function findPostgresBinaries(): string | null {
  if (!existsSync(debianDirectory)) return null;
  const versions = readdirSync(debianDirectory).toSorted((a, b) => Number(b) - Number(a));
  const places = versions.map((version) => join(debianDirectory, version, 'bin'));
  return places.find((place) => existsSync(join(place, 'initdb'))) ?? null;
}

/** PostgreSQL refuses to run as root; its package has made an account for it. */
export function serverAccount(): Cluster['account'] {
  if (process.getuid?.() !== 0) return {};
  return { uid: idOf('-u'), gid: idOf('-g') };
}

function idOf(option: '-u' | '-g'): number {
  try {
    return Number(
      execFileSync('id', [option, 'postgres'], { stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    throw new Error('PostgreSQL does not run as root, and there is no user postgres to run it as');
  }
}

/** Fills the directory, with the superuser `adl`; does not start the server. */
export async function createCluster(
  cluster: Cluster,
  settings: Record<string, string>,
): Promise<void> {
  const { binaries, account, directory } = cluster;
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, cluster.password, { mode: 0o600 });
  if (account.uid !== undefined && account.gid !== undefined) {
    for (const path of [directory, passwordFile]) chownSync(path, account.uid, account.gid);
  }
  const identity = ['--username=adl', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  const format = ['--encoding=UTF8', '--locale=C.UTF-8', '--no-sync', '--no-instructions'];
  const place = { ...account, cwd: directory, env: serverEnvironment() };
  const data = dataDirectory(cluster);
  await promisify(execFile)(join(binaries, 'initdb'), ['-D', data, ...identity, ...format], place);
  appendFileSync(
    join(data, 'postgresql.conf'),
    configuration({ ...ownSettings(cluster.port), ...settings }),
  );
}

export function dataDirectory({ directory }: Cluster): string {
  return join(directory, 'data');
}

/** Without PGDATA, PGPORT and their like, which would be heeded beside what is given here. */
export function serverEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, LANG: 'C.UTF-8' };
}

function ownSettings(port: number): Record<string, string> {
  return {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    max_connections: '100',
    shared_buffers: '32MB',
    ssl: 'off',
  };
}

function configuration(settings: Record<string, string>): string {
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`,
  );
  return `\n${lines.join('\n')}\n`;
}
