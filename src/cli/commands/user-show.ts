import { z } from 'zod';
import { readUser, userDetailSchema } from '../../admin/users/read-user.ts';
import { factors } from '../../domain/factors/part.ts';
import { passkeys } from '../../domain/passkeys/part.ts';
import { userRealm } from '../../domain/realms/realms.ts';
import { notFound } from '../../platform/errors.ts';
import { defineCommand } from '../command/command.ts';
import { findIdOf } from '../command/find-account.ts';

export const userShow = defineCommand({
  name: 'user show',
  summary: 'Show a user with the active sessions; a deleted one by the id',
  operands: [['<user>', 'username, e-mail address or id']],
  parameters: z.strictObject({ user: z.string() }),
  run: async (deps, { user }) => {
    const id = await findIdOf(deps.db, userRealm, user);
    const factorKinds = [...factors.factors, ...passkeys.factors];
    const found = id === null ? null : await readUser({ ...deps, factorKinds }, id);
    if (found === null) throw notFound('There is no such user');
    return userDetailSchema.parse(found.detail);
  },
});
