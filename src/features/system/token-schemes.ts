const bearer = { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } as const;
const form = 'a JWT, issued and checked by the rules of RFC8725';

/** A token of one realm opens nothing in the other, so that there are two kinds. */
export const tokenSchemes = {
  userToken: { ...bearer, description: `The \`access_token\` of a user's login: ${form}` },
  adminToken: { ...bearer, description: `The \`access_token\` of an admin's login: ${form}` },
};

/** A route says `bearer`; whose token that is, its path tells. */
export function withTokenOf<T extends { security?: readonly object[] }>(path: string, schema: T): T {
  if (schema.security === undefined) return schema;
  const scheme: keyof typeof tokenSchemes = path.startsWith('/api/users/') ? 'userToken' : 'adminToken';
  const security = schema.security.map((one) => ('bearer' in one ? { [scheme]: [] } : one));
  return { ...schema, security };
}
