import { ApiError, type Credentials } from '../../../client/src/client.ts';
import { ownAccountKey, queries } from '../session/queries.ts';
import type { Realm } from '../session/realms.ts';
import type { AskedStep } from './second-step.tsx';

/** Null if that signs in; else what is asked for next. */
export function signInOrStep(realm: Realm, credentials: Credentials): Promise<AskedStep | null> {
  return stepOf(realm, () => realm.client.signIn(credentials));
}

/** The same for every way of signing in. */
export async function stepOf(
  realm: Realm,
  signIn: () => Promise<unknown>,
): Promise<AskedStep | null> {
  try {
    await signIn();
  } catch (error) {
    if (!(error instanceof ApiError) || error.challenge === null) throw error;
    return { challenge: error.challenge, methods: error.methods };
  }
  await queries.invalidateQueries({ queryKey: ownAccountKey(realm.name) });
  return null;
}
