/** Posts JSON, whatever the answer is. */
export function send(url: string, body: unknown): Promise<Response> {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** Posts JSON; throws for anything but success. */
export async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await send(url, body);
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return (await answer.json()) as Record<string, unknown>;
}

/** Milliseconds until the answer is read; throws for a status that is not expected. */
export async function timeGet(url: string, token?: string, expected = [200]): Promise<number> {
  const startedAt = performance.now();
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await fetch(url, { headers });
  await answer.arrayBuffer();
  if (!expected.includes(answer.status)) throw new Error(`${url} answered ${answer.status}`);
  return performance.now() - startedAt;
}

type Reading = { clients: number; seconds: number; token?: string };

/** How many are answered a second, where each client asks again at once. */
export async function readsPerSecond(
  url: string,
  { clients, seconds, token }: Reading,
): Promise<number> {
  let done = 0;
  const begun = performance.now();
  const until = begun + seconds * 1000;
  const client = async (): Promise<void> => {
    for (; performance.now() < until; done += 1) await timeGet(url, token);
  };
  await Promise.all(Array.from({ length: clients }, client));
  return (done * 1000) / (performance.now() - begun);
}
