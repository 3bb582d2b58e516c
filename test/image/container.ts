import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Program, startProgram } from '../deployment/program.ts';
import { type Answer, type RequestOptions, sendRequest } from '../faults/http-request.ts';
import type { ImageConfig } from './buildah.ts';

export type Container = Program & {
  request: (method: string, path: string, options?: RequestOptions) => Promise<Answer>;
  /** Another process in it, as the health check is. */
  run: (...command: string[]) => { status: number | null; output: string };
  /** As `docker stop` does; the exit code. */
  terminate: () => Promise<number | null>;
};

type Options = { file: string; config: ImageConfig; port: number; env: Record<string, string> };

/**
 * Runs an image as `docker run --read-only --cap-drop=ALL --security-opt=no-new-privileges` would, but in the network of
 * this machine. It has a writable directory at each volume and nowhere else.
 */
export function startContainer(t: { after(end: () => unknown): void }, options: Options): Container {
  const bundle = mkdtempSync(join(tmpdir(), 'adl-container-'));
  t.after(() => rmSync(bundle, { recursive: true, force: true }));
  const id = `adl-${randomUUID()}`;
  const state = join(bundle, 'state');
  const crun = (...rest: string[]) => [`--root=${state}`, '--cgroup-manager=disabled', ...rest];
  writeFileSync(join(bundle, 'config.json'), JSON.stringify(runtimeConfig(bundle, options)));
  const program = startProgram(t, ['crun', ...crun('run', `--bundle=${bundle}`, id)]);
  const run = (...command: string[]) => {
    const parameters = crun('exec', id, ...command);
    const { status, stdout, stderr } = spawnSync('crun', parameters, { encoding: 'utf8', timeout: 20_000 });
    return { status, output: stdout + stderr };
  };
  const terminate = async () => {
    spawnSync('crun', crun('kill', id, options.config.StopSignal));
    return program.exited;
  };
  const request: Container['request'] = (method, path, rest) => sendRequest(options.port, method, path, rest);
  return { ...program, request, run, terminate };
}

function runtimeConfig(bundle: string, { file, config, port, env }: Options): object {
  const [uid, gid] = config.User.split(':').map(Number);
  const given = Object.entries({ ...env, PORT: String(port), HOST: '127.0.0.1' });
  const names = new Set(given.map(([name]) => name));
  const own = config.Env.filter((line) => !names.has(line.split('=')[0] ?? ''));
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid, gid },
      args: [...(config.Entrypoint ?? []), ...config.Cmd],
      env: [...own, ...given.map(([name, value]) => `${name}=${value}`)],
      cwd: config.WorkingDir,
      noNewPrivileges: true,
      capabilities: { bounding: [], effective: [], permitted: [], inheritable: [], ambient: [] },
    },
    root: { path: file, readonly: true },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755'] },
      ...Object.keys(config.Volumes).map((destination) => volume(bundle, destination, uid, gid)),
    ],
    linux: { namespaces: [{ type: 'pid' }, { type: 'mount' }, { type: 'ipc' }, { type: 'uts' }] },
  };
}

function volume(bundle: string, destination: string, uid = 0, gid = 0): object {
  const source = join(bundle, destination.replaceAll('/', '_'));
  mkdirSync(source, { mode: 0o700 });
  chownSync(source, uid, gid);
  return { destination, source, type: 'bind', options: ['bind', 'rw'] };
}
