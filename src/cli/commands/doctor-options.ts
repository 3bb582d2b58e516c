import { isIP } from 'node:net';
import { z } from 'zod';
import { fieldFaults } from '../../platform/http/request-validation.ts';
import type { Outcome } from '../command/command.ts';

const name = z.string().regex(/^[\w.-]{1,200}$/, 'must be a name');

const options = z.object({
  address: z
    .string()
    .refine((value) => isIP(value) !== 0, 'must be an IP address')
    .optional(),
  httpPort: z
    .string()
    .regex(/^[1-9]\d{0,4}$/, 'must be a port')
    .transform(Number)
    .optional(),
  mailTo: z.email('must be an e-mail address').optional(),
  dkimSelector: name.optional(),
  dnsServer: z
    .string()
    .regex(
      /^(\d+(\.\d+){3}|\[[\da-f:]+\])(:\d+)?$/i,
      'must be an IP address, with a port if it is not 53',
    )
    .optional(),
});

export type DoctorOptions = z.output<typeof options>;

/** What is asked where. */
export function parseOptions(
  given: object,
): DoctorOptions | Extract<Outcome, { failure: unknown }> {
  const { error, data } = options.safeParse(given, { reportInput: true });
  if (error === undefined) return data;
  const errors = fieldFaults(error).map(({ field, message }) => ({ field, message }));
  return { failure: { kind: 'invalid', message: 'The command is not valid', errors } };
}
