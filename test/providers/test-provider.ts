import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { Provider } from 'oidc-provider';
import { memoryAdapters } from './memory-adapter.ts';
import { type Person, personPage } from './person-page.ts';

export type { Person } from './person-page.ts';

type Change = (body: Record<string, unknown>) => Promise<unknown>;
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** A provider on this machine, honest until a test says otherwise. */
export type TestProvider = {
  readonly issuer: string;
  readonly key: JWK;
  /** Who is there next. Null: a page asks. */
  person: Person | null;
  /** Whether the person refuses. */
  refuses: boolean;
  /** Answers a path in place of the provider; `/token` and so on. */
  readonly answers: Map<string, Handler>;
  /** Changes the JSON answers of a path. */
  rewrite(path: string, change: Change): void;
  /** How often each path was asked. */
  readonly asked: Map<string, number>;
  /** Back to honest. */
  reset(): void;
  close(): Promise<void>;
};

type Options = { port?: number; people?: readonly Person[]; isBrief?: boolean };

export const clientSecret = 'a-client-secret-of-the-tests-only';

/**
 * Clients: `adl` without a secret, `confidential` with one. Any address of this machine may be
 * returned to. `isBrief`: the ID token names only who it is, and the rest is at `/me`.
 */
export async function startTestProvider(options: Options = {}): Promise<TestProvider> {
  const { port = 0, people = [], isBrief = false } = options;
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`;
  const known = new Map(people.map((person) => [person.sub, person]));
  const key = await signingKey();
  const provider = createProvider(issuer, key, known, isBrief);
  const handle = provider.callback();
  const changes = new Map<string, Change>();
  const state: TestProvider = {
    issuer,
    key,
    person: null,
    refuses: false,
    answers: new Map(),
    rewrite: (path, change) => void changes.set(path, change),
    asked: new Map(),
    reset: () => {
      for (const map of [state.answers, state.asked, changes]) map.clear();
      Object.assign(state, { person: null, refuses: false });
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  server.on('request', (request, response) => {
    const path = (request.url ?? '').split('?')[0] ?? '';
    state.asked.set(path, (state.asked.get(path) ?? 0) + 1);
    const change = changes.get(path);
    if (change) changeBody(response, change);
    const answer = state.answers.get(path);
    if (answer) answer(request, response);
    else if (path.startsWith('/interaction/'))
      void interact(provider, state, known, { request, response });
    else void handle(request, response);
  });
  return state;
}

async function signingKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: 'test-key', alg: 'ES256', use: 'sig' };
}

function createProvider(
  issuer: string,
  key: JWK,
  known: ReadonlyMap<string, Person>,
  isBrief: boolean,
): Provider {
  const grants = { grant_types: ['authorization_code'], response_types: ['code' as const] };
  const common = {
    ...grants,
    redirect_uris: ['http://localhost/'],
    id_token_signed_response_alg: 'ES256' as const,
  };
  const provider = new Provider(issuer, {
    adapter: memoryAdapters(),
    clients: [
      { ...common, client_id: 'adl', token_endpoint_auth_method: 'none' },
      { ...common, client_id: 'confidential', client_secret: clientSecret },
    ],
    jwks: { keys: [key] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: {
      openid: ['sub'],
      email: ['email', 'email_verified'],
      profile: ['name', 'preferred_username'],
    },
    conformIdTokenClaims: isBrief,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: async (_context, sub) => ({
      accountId: sub,
      claims: async () => ({ ...known.get(sub), sub }),
    }),
    // It would remark on each that is left to it.
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
  });
  const { prototype } = provider.Client as unknown as { prototype: Record<string, unknown> };
  prototype.redirectUriAllowed = (uri: string) =>
    /^(localhost|127\.0\.0\.1|accounts\.example\.com)$/.test(new URL(uri).hostname);
  return provider;
}

type Exchange = { request: IncomingMessage; response: ServerResponse };

async function interact(
  provider: Provider,
  state: TestProvider,
  known: Map<string, Person>,
  { request, response }: Exchange,
): Promise<void> {
  const chosen = state.person ?? (await personPage({ request, response }, [...known.values()]));
  if (chosen === null) return;
  const refusal = { error: 'access_denied', error_description: 'words of the provider' };
  if (state.refuses || chosen === 'refused') {
    await provider.interactionFinished(request, response, refusal);
    return;
  }
  known.set(chosen.sub, chosen);
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({
    accountId: chosen.sub,
    clientId: String(params.client_id),
  });
  grant.addOIDCScope(String(params.scope));
  const result = { login: { accountId: chosen.sub }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result);
}

/** The provider writes an answer in one piece. */
function changeBody(response: ServerResponse, change: Change): void {
  const end = response.end.bind(response) as (content: string) => ServerResponse;
  const send = async (content: string) => {
    const changed = JSON.stringify(await change(JSON.parse(content) as Record<string, unknown>));
    response.setHeader('content-length', Buffer.byteLength(changed));
    end(changed);
  };
  response.end = ((content: unknown) => {
    void send(String(content));
    return response;
  }) as typeof response.end;
}
