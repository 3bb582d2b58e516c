import type { FastifyRequest } from 'fastify';
import type { Dependencies } from '../../domain/dependencies.ts';
import { withFragment } from './return-to.ts';
import { recordFailure } from './sign-in-failure.ts';

type Deps = Pick<Dependencies, 'db' | 'keys' | 'logger' | 'config'>;

/**
 * Writes down what failed, and gives the address of the one page that says so, with the id of the
 * request and nothing of the provider. A redirect, so that the address with the provider's code
 * stays in no history.
 */
export async function failedPage(
  deps: Deps,
  { id }: Pick<FastifyRequest, 'id'>,
  error: unknown,
  tried: Parameters<typeof recordFailure>[2],
): Promise<string> {
  await recordFailure(deps, error, tried);
  const page = `${deps.config.publicUrl}/app/sign-in-failed`;
  return withFragment(page, { request_id: id });
}
