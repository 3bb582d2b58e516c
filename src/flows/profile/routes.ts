import { z } from 'zod';
import { answerAccount } from '../../access/answer-account.ts';
import { callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import type { Config } from '../../configuration/config.ts';
import { givenFields } from '../../domain/accounts/account-change.ts';
import {
  accountSchemaOf,
  changedFullName,
  changedUsername,
  email,
} from '../../domain/accounts/account-schemas.ts';
import { changedMetadata } from '../../domain/accounts/metadata.ts';
import { typedPassword } from '../../domain/credentials/password-policy.ts';
import type { Realm } from '../../domain/realms/realms.ts';
import { answerEnded } from '../../platform/http/answer-ended.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import { ifMatchHeader } from '../../platform/http/preconditions.ts';
import { bodyErrors, errors, guardErrors, unchangedIfNull } from '../../platform/http/schemas.ts';
import { updateProfile } from './update-profile.ts';

function profileBody(config: Config, realm: Realm) {
  const fields = {
    email: unchangedIfNull(email),
    username: changedUsername(config, realm),
    full_name: changedFullName,
    current_password: unchangedIfNull(typedPassword).describe(
      'Required to change the e-mail address, however recent the sign-in, unless the session has just been renewed with `reauthenticate`',
    ),
  };
  const body = realm.kind === 'user' ? { ...fields, metadata: changedMetadata } : fields;
  return z.object(body).meta({ example: { full_name: 'Ada King, Countess of Lovelace' } });
}

export function addProfileRoutes(app: HttpServer, deps: RouteDependencies, realm: Realm): void {
  const guarded = requireAccount(deps, realm);
  const about = { tags: [realm.tag] };

  app.get(
    `${realm.path}/me`,
    {
      ...requireAccount(deps, realm, { isForSetUp: true }),
      schema: {
        ...about,
        summary: 'Get my profile',
        response: { 200: accountSchemaOf(realm), ...errors(guardErrors) },
      },
    },
    async (request, reply) => answerAccount(reply, callerOf(request).account),
  );

  app.put(
    `${realm.path}/me`,
    {
      ...guarded,
      schema: {
        ...about,
        summary: 'Update my profile',
        description:
          'A new e-mail address requires `current_password` or a recent `reauthenticate`, is unverified and ends all other sessions. The old address, if ' +
          'verified, is mailed a link that can undo the change for seven days.',
        headers: ifMatchHeader,
        body: profileBody(deps.config, realm),
        response: {
          200: accountSchemaOf(realm),
          ...errors([400, 409, 412, ...guardErrors, ...bodyErrors]),
        },
      },
    },
    async (request, reply) => {
      const { current_password: currentPassword, ...fields } = request.body;
      const change = givenFields(fields);
      const { 'if-match': ifMatch } = request.headers;
      const { clientAddress: ip } = request;
      const asked = { change, currentPassword, ifMatch, ip, signal: answerEnded(reply) };
      return answerAccount(reply, await updateProfile(deps, realm, callerOf(request), asked));
    },
  );
}
