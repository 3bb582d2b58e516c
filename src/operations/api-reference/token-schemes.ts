import type { FastifyContextConfig } from 'fastify';
import { cookieName } from '../../access/cookie-mode.ts';
import type { Config } from '../../configuration/config.ts';
import { adminRealm, userRealm } from '../../domain/realms/realms.ts';

const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const;
const form = 'a JWT, issued and verified according to RFC8725';
const cookie = { type: 'apiKey', in: 'cookie' } as const;

/** Tokens of one realm are not valid in the other, so there are two schemes. */
export function tokenSchemes(config: Config) {
  return {
    userToken: { ...bearer, description: `The \`access_token\` of a user's login: ${form}` },
    adminToken: { ...bearer, description: `The \`access_token\` of an admin's login: ${form}` },
    userCookie: {
      ...cookie,
      name: cookieName(config, userRealm),
      description: "A user's refresh token in cookie mode, set by login and refresh",
    },
    adminCookie: {
      ...cookie,
      name: cookieName(config, adminRealm),
      description: "An admin's refresh token in cookie mode, set by login and refresh",
    },
    serviceToken: {
      ...bearer,
      bearerFormat: 'opaque',
      description: 'The token of a service, made by `adl keys service-token`',
    },
  };
}

export type Requirement = Partial<Record<keyof ReturnType<typeof tokenSchemes>, string[]>>;

const requirements = {
  user: { userToken: [] },
  admin: { adminToken: [] },
  superadmin: { adminToken: ['superadmin'] },
  service: { serviceToken: [] },
  userCookie: { userCookie: [] },
  adminCookie: { adminCookie: [] },
} satisfies Record<string, Requirement>;

/** One requirement per way to pass the guard of a route. `{}` means that no scheme is needed. */
export function securityOf({ guard = 'anyone', accepts }: FastifyContextConfig): Requirement[] {
  if (guard !== 'anyone') return [requirements[guard]];
  return accepts === undefined ? [] : [requirements[accepts], {}];
}
