import { execFile, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../..');
const place = join(root, '.tmp/image');

/** Node 26 brings it or a newer one. */
const npm = 'npm@11.6.2';

/** In the Dockerfile it is the official image of Node. */
const baseName = 'localhost/adl-node-base';

const isMissing = (program: string) => spawnSync(program, ['--version']).error !== undefined;

/** The reason to skip the tests, or false. */
export const withoutBuildah =
  (process.getuid?.() !== 0 && 'only root can make an image here') ||
  (['buildah', 'debootstrap'].find(isMissing) ?? false);

/** Throws with the end of what the program said. */
async function run(program: string, ...parameters: string[]): Promise<string> {
  const options = {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
    env: {
      PATH: process.env.PATH,
      HOME: homedir(),
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
    },
  };
  try {
    return (await promisify(execFile)(program, parameters, options)).stdout.trim();
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(
      `${program} ${parameters.join(' ')}\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`,
      {
        cause: error,
      },
    );
  }
}

/** A store of its own. vfs works on every file system. */
function buildah(...parameters: string[]): Promise<string> {
  const store = ['--storage-driver=vfs', `--root=${place}/store`, `--runroot=${place}/run`];
  return run('buildah', ...store, ...parameters);
}

/**
 * Stands in for the official image: Debian 12, Node at /usr/local, npm, the account `node`. Made
 * once.
 */
export async function makeBase(): Promise<void> {
  const images = await buildah('images', '--format={{.Name}}');
  if (images.split('\n').includes(baseName)) return;
  const tree = join(place, 'base');
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(place, { recursive: true });
  await run(
    'debootstrap',
    '--variant=minbase',
    '--include=libatomic1,ca-certificates',
    'bookworm',
    tree,
  );
  // As the official slim images have it.
  for (const path of globSync(`${tree}/usr/share/{doc,man,locale,info}/*`))
    rmSync(path, { recursive: true });
  for (const path of globSync(`${tree}/var/{cache/apt,lib/apt/lists,log}/*`))
    rmSync(path, { recursive: true });
  const [node = ''] = globSync(join(root, 'node_modules/node-linux-*/bin/node'));
  cpSync(node, join(tree, 'usr/local/bin/node'));
  await run('npm', 'install', '--global', `--prefix=${join(tree, 'usr/local')}`, npm);
  await run('chroot', tree, 'useradd', '--uid', '1000', '--user-group', '--create-home', 'node');
  const container = await buildah('from', 'scratch');
  await buildah('copy', container, tree, '/');
  await buildah('commit', '--rm', container, baseName);
  rmSync(tree, { recursive: true });
}

/** How npm is set up here, whom it trusts, and what it has fetched before. */
function ownNpm(): [path: string, there: string][] {
  const [settings, fetched] = [join(homedir(), '.npmrc'), join(homedir(), '.npm')];
  const authorities = process.env.NODE_EXTRA_CA_CERTS;
  const lines = existsSync(settings) ? [readFileSync(settings, 'utf8')] : [];
  if (authorities) lines.push('cafile=/etc/npm-authorities.pem');
  writeFileSync(join(place, 'npmrc'), lines.join('\n'));
  const all: [string | undefined, string][] = [
    [join(place, 'npmrc'), '/root/.npmrc'],
    [fetched, '/root/.npm'],
    [authorities, '/etc/npm-authorities.pem'],
  ];
  return all.flatMap(([path, there]) => (path && existsSync(path) ? [[path, there]] : []));
}

/** Builds a Dockerfile of the repository, on the base instead of what the argument names. */
export async function buildImage(
  tag: string,
  baseArgument: string,
  ...rest: string[]
): Promise<void> {
  const volumes = ownNpm().map(([path, there]) => `--volume=${path}:${there}`);
  // The other format knows no HEALTHCHECK.
  const how = ['--isolation=chroot', '--format=docker', `--build-arg=${baseArgument}=${baseName}`];
  await buildah('build', ...how, ...volumes, `--tag=${tag}`, ...rest);
}

export type ImageConfig = {
  User: string;
  Env: string[];
  Cmd: string[];
  Entrypoint?: string[] | null;
  Labels: Record<string, string>;
  Volumes: Record<string, object>;
  ExposedPorts: Record<string, object>;
  StopSignal: NodeJS.Signals;
  WorkingDir: string;
  Healthcheck: { Test: string[] };
};

export async function inspectImage(tag: string): Promise<ImageConfig> {
  return JSON.parse(await buildah('inspect', '--type=image', tag)).Docker.config;
}

/** Compressed bytes of each layer, the base's first. */
export async function layerSizes(tag: string): Promise<number[]> {
  const target = mkdtempSync(join(tmpdir(), 'adl-oci-'));
  try {
    await buildah('push', tag, `oci:${target}:image`);
    const manifests = globSync(`${target}/blobs/sha256/*`).filter(
      (path) => statSync(path).size < 100_000,
    );
    for (const path of manifests) {
      const blob = JSON.parse(await run('cat', path)) as { layers?: { size: number }[] };
      if (blob.layers) return blob.layers.map(({ size }) => size);
    }
    throw new Error('no manifest');
  } finally {
    rmSync(target, { recursive: true });
  }
}

const containers: string[] = [];

/** The file system of the image, until `unmountImages`. */
export async function mountImage(tag: string): Promise<string> {
  const container = await buildah('from', tag);
  containers.push(container);
  return buildah('mount', container);
}

export async function unmountImages(): Promise<void> {
  for (const container of containers.splice(0)) await buildah('rm', container);
}
