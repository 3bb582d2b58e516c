import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseEngine } from './platform/database/database.ts';
import type { HttpServer } from './platform/http/http-server.ts';
import type { Readiness } from './platform/http/readiness.ts';
import type { PasswordHasher } from './platform/password-hashing/password-hasher.ts';

/** How long a stopping process goes on answering, so that a proxy moves on without a failed request (contract § 7). */
const lingerMilliseconds = 5000;

type Running = {
  app: HttpServer;
  hasher: PasswordHasher;
  engine: DatabaseEngine;
  readiness: Readiness;
  /** False for Ctrl-C, where somebody waits at a terminal and no proxy does. */
  lingers: boolean;
};

/** Not ready at once; then no new connection, requests under way to their end, and only then their tools. */
export async function drain({ app, hasher, engine, readiness, lingers }: Running): Promise<void> {
  readiness.phase = 'draining';
  if (lingers) await sleep(lingerMilliseconds);
  await app.close();
  await hasher.close();
  await engine.close();
}
