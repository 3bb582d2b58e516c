import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { findFreePort } from '../free-port.ts';
import { atProcessEnd } from '../process-end.ts';
import { eventually } from './eventually.ts';
import { sendRequest } from './http-request.ts';

// Debian installs it in a directory that only root's PATH contains.
const program = existsSync('/usr/sbin/nginx') ? '/usr/sbin/nginx' : 'nginx';

/** The reason to skip the tests, or false. */
export const withoutNginx = spawnSync(program, ['-v']).error ? 'nginx is not installed' : false;

/**
 * An nginx in front of the replicas, with all its files in its own directory; it ends with the
 * test. Returns its port.
 */
export async function startNginx(
  t: Pick<TestContext, 'after'>,
  replicas: number[],
): Promise<number> {
  const port = await findFreePort();
  const directory = mkdtempSync(join(tmpdir(), 'adl-nginx-'));
  const file = join(directory, 'nginx.conf');
  writeFileSync(file, configuration(port, directory, replicas));
  const child = spawn(program, ['-p', directory, '-c', file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const gone = once(child, 'exit');
  // Its workers end with the master only if that gets a signal.
  const cancel = atProcessEnd(() => void child.kill('SIGTERM'));
  t.after(async () => {
    child.kill('SIGTERM');
    await gone;
    cancel();
    rmSync(directory, { recursive: true, force: true });
  });
  const isUp = () =>
    sendRequest(port, 'GET', '/health/live').then(
      ({ status }) => status === 200,
      () => false,
    );
  await eventually('nginx answers', isUp);
  return port;
}

/**
 * A POST that was sent is never repeated. `max_fails=0`: by default nginx avoids a replica that
 * refused once for ten seconds, in which the next one may go down.
 */
function configuration(port: number, directory: string, replicas: number[]): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
worker_processes 2;
pid ${join(directory, 'nginx.pid')};
error_log ${join(directory, 'error.log')} warn;
events { worker_connections 1024; }
http {
  access_log off;
  ${temporary.map((name) => `${name}_temp_path ${join(directory, name)};`).join('\n  ')}
  upstream adl {
    ${replicas.map((replica) => `server 127.0.0.1:${replica} max_fails=0;`).join('\n    ')}
    keepalive 64;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://adl;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_connect_timeout 2s;
      proxy_read_timeout 15s;
      proxy_next_upstream error timeout;
    }
  }
}
`;
}
