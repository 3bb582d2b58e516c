import { ApiError, createClient } from 'adl-client';
import { headers } from 'next/headers';
import type { Account } from './accounts.ts';
import { accessTokenHeader, serviceUrl } from './service.ts';

const service = createClient({ baseUrl: serviceUrl });

/** The account of who asks for the page, or null. */
export async function requestAccount(): Promise<Account | null> {
  const token = (await headers()).get(accessTokenHeader);
  if (token === null) return null;
  try {
    return await service.call('GET /api/users/me', {
      headers: { authorization: `Bearer ${token}` },
    });
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}
