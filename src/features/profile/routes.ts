import { z } from 'zod';
import type { Dependencies } from '../../dependencies.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { bodyErrors, errors, guardErrors } from '../../platform/http/schemas.ts';
import { givenFields } from '../accounts/account-change.ts';
import { email, fullName, username } from '../accounts/account-schemas.ts';
import { presentAccount } from '../accounts/present-account.ts';
import type { Realm } from '../accounts/realms.ts';
import { typedPassword } from '../passwords/password-policy.ts';
import { callerOf, requireAccount } from '../sessions/authenticate.ts';
import { updateProfile } from './update-profile.ts';

const profileBody = z
  .object({
    email: email.optional(),
    username: username.optional(),
    full_name: fullName.optional(),
    current_password: typedPassword
      .optional()
      .describe('For a new e-mail address, unless the session was opened within the last 15 minutes'),
  })
  .meta({ example: { full_name: 'Ada King, Countess of Lovelace' } });

export function addProfileRoutes(app: HttpServer, deps: Dependencies, realm: Realm): void {
  const guarded = requireAccount(deps, realm);
  const about = { tags: [realm.tag] };

  app.get(
    `${realm.path}/me`,
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Who am I',
        response: { 200: realm.accountSchema, ...errors(guardErrors) },
      },
    },
    async (request) => presentAccount(callerOf(request).account),
  );

  app.put(
    `${realm.path}/me`,
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Change my own data',
        description: 'A new e-mail address is unverified and ends all other sessions.',
        body: profileBody,
        response: { 200: realm.accountSchema, ...errors([400, 409, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request) => {
      const { current_password: currentPassword, ...fields } = request.body;
      const change = givenFields(fields);
      const ip = request.clientAddress;
      return presentAccount(
        await updateProfile(deps, realm, callerOf(request), { change, currentPassword, ip }),
      );
    },
  );
}
