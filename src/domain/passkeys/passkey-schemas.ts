import { z } from 'zod';
import { text } from '../../platform/http/schemas.ts';

function base64url(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .regex(/^[A-Za-z0-9_-]*$/, 'must be base64url without padding');
}

// WebAuthn § 4: at most 1023 bytes.
const credentialId = base64url(1364).min(1);
const publicKeyType = z.literal('public-key');
// Its longest part is the origin.
const clientData = base64url(4096);

const ofCredential = { id: credentialId, rawId: credentialId, type: publicKeyType };

/** What `credential.toJSON()` gives after `navigator.credentials.create()`. */
export const creationResponse = z
  .object({
    ...ofCredential,
    response: z.object({
      clientDataJSON: clientData,
      // An attestation is not asked for: what is left are a key and an id.
      attestationObject: base64url(8192),
      transports: z.array(z.string().max(30)).max(20).optional(),
    }),
  })
  .meta({ id: 'PasskeyCreation' });

/** What `credential.toJSON()` gives after `navigator.credentials.get()`. */
const requestResponse = z
  .object({
    ...ofCredential,
    response: z.object({
      clientDataJSON: clientData,
      authenticatorData: base64url(2048),
      signature: base64url(2048),
      userHandle: base64url(100).nullish(),
    }),
  })
  .meta({ id: 'PasskeyAssertion' });

const exampleId = { id: 'kXq7Yb2w', rawId: 'kXq7Yb2w', type: 'public-key' };

export const exampleOfCreation = {
  ...exampleId,
  response: { clientDataJSON: 'eyJ0eXBlIjoi', attestationObject: 'o2NmbXRkbm9u' },
};

/** A passkey that was used, with the challenge that was asked for it. */
export const presentedPasskey = z
  .object({
    challenge: text(100).min(1).describe('The `challenge` of the options'),
    response: requestResponse,
  })
  .meta({
    example: {
      challenge: 'mJ0kq2Vd7s',
      response: {
        ...exampleId,
        response: {
          clientDataJSON: 'eyJ0eXBlIjoi',
          authenticatorData: 'SZYN5YgOjGh0',
          signature: 'MEUCIQDx',
          userHandle: 'dXNlcjowMTg5',
        },
      },
    },
  });

const descriptor = z.object({
  id: credentialId,
  type: publicKeyType,
  transports: z.array(z.string().max(30)).max(20).optional(),
});

const userVerification = z.enum(['required', 'preferred', 'discouraged']);
const common = { challenge: base64url(100), timeout: z.int().min(0) };

export const creationOptions = z
  .object({
    ...common,
    rp: z.object({ id: z.string().max(253), name: z.string().max(60) }),
    user: z.object({
      id: base64url(100),
      name: z.string().max(254),
      displayName: z.string().max(254),
    }),
    pubKeyCredParams: z.array(z.object({ type: publicKeyType, alg: z.int() })).max(10),
    excludeCredentials: z.array(descriptor).max(100),
    authenticatorSelection: z.object({
      residentKey: z.literal('required'),
      requireResidentKey: z.literal(true),
      userVerification,
    }),
    attestation: z.literal('none'),
    extensions: z.object({ credProps: z.literal(true) }),
  })
  .meta({
    id: 'PasskeyCreationOptions',
    description: 'For `PublicKeyCredential.parseCreationOptionsFromJSON()`',
  });

export const requestOptions = z
  .object({
    ...common,
    rpId: z.string().max(253),
    userVerification,
    allowCredentials: z.array(descriptor).max(100).optional(),
  })
  .meta({
    id: 'PasskeyRequestOptions',
    description: 'For `PublicKeyCredential.parseRequestOptionsFromJSON()`',
  });

export type CreationResponse = z.output<typeof creationResponse>;
export type PresentedPasskey = z.output<typeof presentedPasskey>;
