import { z } from 'zod';
import { callerOf, requireAccount } from '../../access/guards.ts';
import type { RouteDependencies } from '../../access/route-dependencies.ts';
import { factorName } from '../../domain/factors/factor-kind.ts';
import { listFactors } from '../../domain/factors/factors.ts';
import { factorSchema, presentFactor } from '../../domain/factors/present-factor.ts';
import { countRecoveryCodes } from '../../domain/factors/recovery-code-store.ts';
import { typedCode } from '../../domain/factors/totp-kind.ts';
import { defaultTotpName } from '../../domain/factors/totp-store.ts';
import { partyOf, type Realm } from '../../domain/realms/realms.ts';
import type { HttpServer } from '../../platform/http/http-server.ts';
import {
  bodyErrors,
  errors,
  guardErrors,
  idParams,
  noContent,
  uuid,
} from '../../platform/http/schemas.ts';
import { confirmTotp, removeFactor, renewRecoveryCodes, startTotp } from './change-factors.ts';

const recoveryCodes = z
  .array(z.string().max(19).meta({ example: 'k7qd-3mza-r2ei-xw5h' }))
  .max(10)
  .describe('Shown this once. Each signs in once in place of a factor');

const startedTotp = z
  .object({
    id: uuid,
    secret: z
      .string()
      .max(32)
      .describe('In base32')
      .meta({ example: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' }),
    otpauth_url: z
      .string()
      .max(1000)
      .meta({ example: 'otpauth://totp/ADL:ada?secret=JBSWY3DPEHPK3PXP' }),
    qr_code: z
      .string()
      .max(100_000)
      .describe('The URL as an SVG in a data URL')
      .meta({ example: 'data:image/svg+xml;base64,PHN2Zz4' }),
  })
  .meta({ id: 'StartedTotp' });

const factorsSchema = z
  .object({
    items: z.array(factorSchema).max(50),
    recovery_codes_left: z.int().min(0).max(10),
  })
  .meta({ id: 'Factors' });

const newCodesSchema = z.object({ recovery_codes: recoveryCodes }).meta({ id: 'RecoveryCodes' });

const confirmedSchema = z
  .object({ recovery_codes: recoveryCodes.nullable() })
  .meta({ id: 'ConfirmedTotp' });

/** The second factors of the caller. */
export function addFactorRoutes(app: HttpServer, deps: RouteDependencies, realm: Realm): void {
  const path = `${realm.path}/me/factors`;
  const about = { tags: [realm.tag] };
  const proven = requireAccount(deps, realm, { wantsProof: true, isForSetUp: true });

  app.get(
    path,
    {
      ...requireAccount(deps, realm, { isForSetUp: true }),
      schema: {
        ...about,
        summary: 'List my second factors',
        response: {
          200: factorsSchema,
          ...errors(guardErrors),
        },
      },
    },
    async (request) => {
      const owner = partyOf(realm, callerOf(request).account.id);
      const items = (await listFactors(deps, deps.db, owner)).map(presentFactor);
      return { items, recovery_codes_left: await countRecoveryCodes(deps.db, owner) };
    },
  );

  app.post(
    `${path}/totp`,
    {
      ...proven,
      schema: {
        ...about,
        summary: 'Begin to add an authenticator app',
        description: 'It is in force once a code of it is confirmed, within the hour.',
        body: z
          .object({ name: factorName.nullish() })
          .nullish()
          .meta({ example: { name: 'My phone' } }),
        response: { 201: startedTotp, ...errors([409, ...guardErrors, ...bodyErrors]) },
      },
    },
    async (request, reply) => {
      const name = request.body?.name ?? defaultTotpName;
      return reply.code(201).send(await startTotp(deps, realm, callerOf(request), name));
    },
  );

  app.post(
    `${path}/totp/:id/confirm`,
    {
      ...proven,
      schema: {
        ...about,
        summary: 'Put an authenticator app in force',
        description:
          'From here on, signing in takes a code. The first factor comes with ten recovery codes.',
        params: idParams,
        body: z.object({ code: typedCode }),
        response: {
          200: confirmedSchema,
          ...errors([400, 404, ...guardErrors, ...bodyErrors]),
        },
      },
    },
    async (request) => {
      const confirmed = { id: request.params.id, code: request.body.code };
      return { recovery_codes: await confirmTotp(deps, realm, callerOf(request), confirmed) };
    },
  );

  app.post(
    `${path}/recovery-codes`,
    {
      ...proven,
      schema: {
        ...about,
        summary: 'Get new recovery codes',
        description: 'The old ones are dead.',
        response: {
          200: newCodesSchema,
          ...errors([409, ...guardErrors]),
        },
      },
    },
    async (request) => ({
      recovery_codes: await renewRecoveryCodes(deps, realm, callerOf(request)),
    }),
  );

  app.delete(
    `${path}/:id`,
    {
      ...proven,
      schema: {
        ...about,
        summary: 'Remove a second factor',
        description: '409 `last_way_in` for a passkey without which nobody could sign in any more.',
        params: idParams,
        response: { 204: noContent, ...errors([404, 409, 422, ...guardErrors]) },
      },
    },
    async (request, reply) => {
      await removeFactor(deps, realm, callerOf(request), request.params.id);
      return reply.code(204).send(null);
    },
  );
}
