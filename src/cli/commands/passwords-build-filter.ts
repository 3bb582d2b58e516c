import { z } from 'zod';
import { buildFilter } from '../../operations/breached-passwords/build-filter.ts';
import type { LocalCommand } from '../command/command.ts';
import { executeLocally } from '../command/execute-command.ts';

const parameters = z.strictObject({
  file: z.string().min(1),
  output: z.string().min(1).optional(),
  minCount: z
    .string()
    .regex(/^[1-9]\d{0,8}$/, 'must be a whole number from 1')
    .transform(Number)
    .optional(),
});

export const passwordsBuildFilter: LocalCommand = {
  name: 'passwords build-filter',
  summary: 'Make the filter for BREACHED_PASSWORDS_FILE from a list of breached passwords',
  operands: [
    ['<file>', 'a password a line, or its SHA-1, with or without a count behind a colon; unpacked'],
  ],
  options: [
    ['--output <path>', 'of the filter; by default that of the list with .filter behind it'],
    ['--min-count <number>', 'only passwords that were seen so often'],
  ],
  runLocally: (_environment, given) =>
    executeLocally(
      'passwords build-filter',
      parameters,
      given,
      async ({ file, output = `${file}.filter`, minCount = 0 }) => {
        const { lines, passedOver, members, bytes } = await buildFilter(file, output, { minCount });
        return { filter: output, passwords: members, lines, passed_over: passedOver, bytes };
      },
    ),
};
