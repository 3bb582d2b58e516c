import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import {
  serviceNamePattern,
  serviceScopes,
  serviceTokenPrefix,
} from '../../access/service-tokens.ts';
import { sha256 } from '../../platform/crypto/secret-keys.ts';
import type { LocalCommand } from '../command/command.ts';
import { executeLocally } from '../command/execute-command.ts';

const parameters = z.strictObject({
  name: z
    .string()
    .regex(serviceNamePattern, 'must be up to 50 of a-z, 0-9, dot, underscore and hyphen'),
  scope: z
    .string('must be given')
    .transform((text) => [...new Set(text.split(','))])
    .pipe(z.array(z.enum(serviceScopes, `must be of ${serviceScopes.join(', ')}`)).min(1)),
});

export const keysServiceToken: LocalCommand = {
  name: 'keys service-token',
  summary: "Make a token for an application's own server, and the line for SERVICE_TOKENS_FILE",
  operands: [['<name>', 'of the service']],
  options: [['--scope <list>', 'introspect, forward or both, with a comma']],
  runLocally: (_environment, given) =>
    executeLocally('keys service-token', parameters, given, async ({ name, scope }) => {
      const token = `${serviceTokenPrefix}${randomBytes(32).toString('base64url')}`;
      return { token, line: `${name} ${scope.join(',')} ${sha256(token).toString('hex')}` };
    }),
};
