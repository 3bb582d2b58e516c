import { getRequest, load, postRequest, type Talk } from './load.ts';
import { databaseTime, processorTime } from './processor-time.ts';
import type { Slot } from './slot.ts';
import type { OpenSession, Stage } from './stage.ts';

type Target = { port: number; pid: number };

/** A slot of requests over these connections, with what they cost both processes. */
export async function slotOf(
  { postgres }: Pick<Stage, 'postgres'>,
  { port, pid }: Target,
  talks: readonly Talk[],
  milliseconds: number,
): Promise<Slot> {
  const before = [processorTime(pid), databaseTime(postgres.dataDirectory)] as const;
  const { count, perSecond, p50, p99 } = await load(port, talks, milliseconds);
  const serverCpu = (processorTime(pid) - before[0]) / count;
  const databaseCpu = (databaseTime(postgres.dataDirectory) - before[1]) / count;
  return { perSecond, p50, p99, serverCpu, databaseCpu };
}

export function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** Each connection is another person. */
export function talksOfReaders(tokens: readonly string[]): Talk[] {
  return tokens.map((token) => {
    const request = getRequest('/api/users/me', token);
    return { next: () => request };
  });
}

/** A session may refresh 600 times an hour; then the connection goes on with the next one. */
const refreshesPerSession = 500;

export function talksOfRefreshers(
  sessions: readonly OpenSession[],
  count: number,
  most = refreshesPerSession,
): Talk[] {
  return Array.from({ length: count }, (_, place) => {
    const own = sessions.filter((_session, index) => index % count === place);
    let token = '';
    let left = 0;
    return {
      next: () => {
        if (left === 0) {
          token = own.pop()?.refreshToken ?? '';
          left = most;
        }
        left -= 1;
        return postRequest('/api/users/refresh', { refresh_token: token });
      },
      hear: (body) => {
        token = (JSON.parse(body) as { refresh_token: string }).refresh_token;
      },
    };
  });
}

/** Access tokens as the service gives them for these sessions. */
export async function accessTokens(
  url: string,
  sessions: readonly OpenSession[],
): Promise<string[]> {
  const tokens: string[] = [];
  for (const { refreshToken } of sessions) {
    const answer = await fetch(`${url}/api/users/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ refresh_token: refreshToken }),
    });
    const { access_token: token } = (await answer.json()) as { access_token?: string };
    if (token === undefined) throw new Error(`no token: ${answer.status}`);
    tokens.push(token);
  }
  return tokens;
}
