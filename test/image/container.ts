import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, startProgram } from '../deployment/program.ts';
import { type Answer, type RequestOptions, sendRequest } from '../faults/http-request.ts';
import { childrenOf, cpuMilliseconds } from '../faults/process-figures.ts';
import type { ImageConfig } from './buildah.ts';

export type Container = Program & {
  request: (method: string, path: string, options?: RequestOptions) => Promise<Answer>;
  /** Another process in it, as the health check is. */
  run: (...command: string[]) => { status: number | null; output: string };
  /** Of its first process, so far. */
  cpuMilliseconds: () => number;
  /** As `docker stop` does; the exit code. */
  terminate: () => Promise<number | null>;
};

type Options = { file: string; config: ImageConfig; port: number; env: Record<string, string> };

/**
 * In namespaces of its own: the image read-only, with writable directories at its volumes and
 * nowhere else.
 */
const enter = `
set -e
mount --bind "$ROOT" "$ROOT"
mount -o remount,bind,ro,nosuid "$ROOT"
mount -t proc proc "$ROOT/proc"
mount -t tmpfs -o nosuid,mode=755 tmpfs "$ROOT/dev"
mknod -m 666 "$ROOT/dev/null" c 1 3
mknod -m 666 "$ROOT/dev/urandom" c 1 9
mount -o remount,ro "$ROOT/dev"
for volume in $VOLUMES; do mount --bind "$OWN$volume" "$ROOT$volume"; done
exec "$@"`;

/** No capability outlives the change of the user, and no program can give one back. */
function asUser({ file, config }: Options): string[] {
  const kept = '--bounding-set=-all,+sys_chroot,+setuid,+setgid';
  const confined = ['setpriv', '--no-new-privs', '--inh-caps=-all', kept];
  return [...confined, 'chroot', `--userspec=${config.User}`, '--groups=', file];
}

/**
 * Runs an image as `docker run --read-only --cap-drop=ALL --security-opt=no-new-privileges` would,
 * by the same means of the kernel, but in the network of this machine.
 */
export function startContainer(
  t: { after(end: () => unknown): void },
  options: Options,
): Container {
  const { file, config, port } = options;
  const own = mkdtempSync(join(tmpdir(), 'adl-container-'));
  t.after(() => rmSync(own, { recursive: true, force: true }));
  const volumes = Object.keys(config.Volumes);
  for (const volume of volumes) makeVolume(join(own, volume), config.User);
  const env = {
    ...Object.fromEntries(
      config.Env.map((line) => [line.split('=')[0], line.split('=').slice(1).join('=')]),
    ),
    ...options.env,
    PORT: String(port),
    HOST: '127.0.0.1',
    // Of the script above; the service reads none of them.
    ROOT: file,
    OWN: own,
    VOLUMES: volumes.join(' '),
  };
  const namespaces = ['unshare', '--mount', '--pid', '--fork', '--ipc', '--uts', '--kill-child'];
  const command = [...asUser(options), ...(config.Entrypoint ?? []), ...config.Cmd];
  const program = startProgram(t, [...namespaces, 'sh', '-c', enter, 'sh', ...command], { env });
  const firstProcess = () => childrenOf(program.pid)[0] ?? 0;
  const run = (...words: string[]) => {
    const target = [`--target=${firstProcess()}`, '--mount', '--pid', '--ipc', '--uts'];
    const parameters = [...target, ...asUser(options), ...words];
    const { status, stdout, stderr } = spawnSync('nsenter', parameters, { encoding: 'utf8', env });
    return { status, output: stdout + stderr };
  };
  const terminate = async () => {
    process.kill(firstProcess(), config.StopSignal);
    return program.exited;
  };
  const request: Container['request'] = (method, path, rest) =>
    sendRequest(port, method, path, rest);
  return {
    ...program,
    request,
    run,
    terminate,
    cpuMilliseconds: () => cpuMilliseconds(firstProcess()),
  };
}

function makeVolume(directory: string, user: string): void {
  const [uid = 0, gid = 0] = user.split(':').map(Number);
  mkdirSync(directory, { mode: 0o700 });
  chownSync(directory, uid, gid);
}
