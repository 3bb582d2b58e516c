import { QueryClient } from '@tanstack/preact-query';
import { onSessionEnd } from './session-end.ts';

/** The client repeats what may be repeated; here nothing is tried again. */
export const queries = new QueryClient({
  defaultOptions: { queries: { retry: false, staleTime: 10_000 }, mutations: { retry: false } },
});

/** Who is signed in, or null; everything else that was loaded for them is dropped when it ends. */
export function ownAccountKey(realm: 'user' | 'admin') {
  return [realm, 'me'] as const;
}

onSessionEnd((realm) => {
  queries.setQueryData(ownAccountKey(realm), null);
  queries.removeQueries({
    predicate: ({ queryKey: [of, what], observers }) =>
      of === realm && what !== 'me' && observers.length === 0,
  });
});
