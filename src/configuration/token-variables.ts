import { z } from 'zod';
import { metadataNames, oneOf, variable, whole } from './config-fields.ts';

/** Access tokens, their keys, and who may ask for them. */
export const tokenVariables = {
  ACCESS_TOKEN_EXPIRE_MINUTES: whole(1, 60, 15, 'Lifetime of an access token, in minutes.'),
  ACCESS_TOKEN_ALGORITHM: variable(
    oneOf(['EdDSA', 'ES256', 'HS256'], 'algorithm').prefault('EdDSA'),
    'How access tokens are signed: EdDSA (Ed25519), ES256 for verifiers without it, or HS256, which no other service can verify. Tokens of before are accepted until they expire.',
    'EdDSA',
  ),
  ACCESS_TOKEN_AUDIENCE: variable(
    z
      .string()
      .regex(/^[\x21-\x7e]{1,200}$/, 'must be up to 200 printable characters without blanks')
      .prefault('adl-api'),
    'The claim aud of access tokens, which services that verify them compare.',
    'adl-api',
  ),
  SIGNING_KEY_ROTATION_DAYS: whole(
    1,
    3650,
    30,
    'After how many days the next key signs access tokens.',
  ),
  SERVICE_TOKENS_FILE: variable(
    z
      .string()
      .regex(/^[^\p{Cc}]+$/u, 'must be a path')
      .optional(),
    'Path of a file with the tokens of services that may introspect or forward, a line each as adl keys service-token prints it. A change of the file counts within seconds.',
  ),
  ACCESS_TOKEN_METADATA: metadataNames(
    "Comma-separated list of members of a user's app_metadata that access tokens carry, in the claim app_metadata; at most 1 KiB. A change counts from the next sign-in or refresh.",
  ),
};
