import { Agent } from 'node:http';
import type { TestContext } from 'node:test';
import { credentialsOf, newRegistration } from '../factories.ts';
import { sendRequest } from './http-request.ts';

export type Load = { sent: number; failures: string[]; stop: () => Promise<void> };

/** Requests through a proxy; every second one a POST, which nginx does not repeat. */
export async function startLoad(
  t: Pick<TestContext, 'after'>,
  port: number,
  requestsPerSecond = 100,
): Promise<Load> {
  const reader = newRegistration();
  // Sign-ins of one account wait for each other.
  const writers = Array.from({ length: 50 }, () => newRegistration());
  for (const body of [reader, ...writers])
    await sendRequest(port, 'POST', '/api/users/register', { body });
  const { body: tokens } = await sendRequest(port, 'POST', '/api/users/login', {
    body: credentialsOf(reader),
  });
  const token = String(tokens.access_token);
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  let turn = 0;
  const nextWriter = () => {
    turn += 1;
    return writers[turn % writers.length] ?? reader;
  };
  const requests = [
    () => sendRequest(port, 'GET', '/api/users/me', { token, agent }),
    () =>
      sendRequest(port, 'POST', '/api/users/login', { body: credentialsOf(nextWriter()), agent }),
    () => sendRequest(port, 'GET', '/', { agent }),
    () => sendRequest(port, 'POST', '/api/users/login', { body: {}, agent }),
  ];
  const expected = [200, 200, 200, 422];
  const load: Load = { sent: 0, failures: [], stop: async () => {} };
  const send = async (index: number): Promise<void> => {
    const outcome = await requests[index]?.().then(
      ({ status }) => (status === expected[index] ? null : `status ${status}`),
      (error: Error) => error.message,
    );
    if (outcome) load.failures.push(`${new Date().toISOString()} ${index}: ${outcome}`);
  };
  const underWay = new Set<Promise<void>>();
  const started = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - started) / 1000) * requestsPerSecond;
    for (; load.sent < due; load.sent += 1) {
      const sending = send(load.sent % requests.length).finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
  }, 10);
  t.after(() => clearInterval(timer));
  load.stop = async () => {
    clearInterval(timer);
    await Promise.all(underWay);
  };
  return load;
}
