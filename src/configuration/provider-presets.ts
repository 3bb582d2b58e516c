/** What a provider speaks: OpenID Connect, or GitHub's own API. */
type ProviderProtocol = 'openid' | 'github';

export type ProviderPreset = {
  protocol: ProviderProtocol;
  name: string;
  issuer: string;
  scopes: string;
  /** Whether an address that it calls verified is taken for the person's. */
  trustsEmail: boolean;
  /** Whether its answer comes in a form that the browser posts. */
  answersByForm: boolean;
};

const openId = { protocol: 'openid', answersByForm: false } as const;

export const providerPresets: Readonly<Record<string, ProviderPreset>> = {
  google: {
    ...openId,
    name: 'Google',
    issuer: 'https://accounts.google.com',
    scopes: 'openid email profile',
    trustsEmail: true,
  },
  // An admin of any tenant can write any address into an account (nOAuth).
  microsoft: {
    ...openId,
    name: 'Microsoft',
    issuer: 'https://login.microsoftonline.com/common/v2.0',
    scopes: 'openid email profile',
    trustsEmail: false,
  },
  // It answers by a form where it is asked for more than `openid`.
  apple: {
    ...openId,
    name: 'Apple',
    issuer: 'https://appleid.apple.com',
    scopes: 'openid email name',
    trustsEmail: true,
    answersByForm: true,
  },
  gitlab: {
    ...openId,
    name: 'GitLab',
    issuer: 'https://gitlab.com',
    scopes: 'openid email profile',
    trustsEmail: true,
  },
  github: {
    protocol: 'github',
    name: 'GitHub',
    issuer: 'https://github.com',
    scopes: 'read:user user:email',
    trustsEmail: true,
    answersByForm: false,
  },
};
