import { z } from 'zod';
import { countTotpsByKey } from '../../domain/factors/totp-store.ts';
import { countOpenLinksByKey } from '../../domain/one-time-tokens/link-store.ts';
import { countLiveSessionsByKey } from '../../domain/sessions/sessions-by-key.ts';
import {
  countSigningKeysByKey,
  readSigningSince,
} from '../../domain/signing-keys/signing-key-store.ts';
import { defineCommand } from '../command/command.ts';

export const keys = defineCommand({
  name: 'keys',
  summary: 'Show the secrets in use by their key ids, and what still depends on each',
  parameters: z.strictObject({}),
  run: async ({ db, keys: ring }, _parameters, { send }) => {
    const counts = {
      sessions: await countLiveSessionsByKey(db),
      links: await countOpenLinksByKey(db),
      second_factors: await countTotpsByKey(db),
      signing_keys: await countSigningKeysByKey(db),
    };
    const named = ring.all.map(({ kid }) => kid);
    const used = Object.values(counts).flatMap((count) => [...count.keys()]);
    for (const kid of new Set([...named, ...used])) {
      const secret = ['SECRET_KEY', 'SECRET_KEY_PREVIOUS'][named.indexOf(kid)] ?? 'retired';
      const own: Record<string, number> = {};
      for (const [name, count] of Object.entries(counts)) own[name] = count.get(kid) ?? 0;
      await send({ item: { kid, secret, ...own } });
    }
    const since = await readSigningSince(db);
    return { current: ring.current.kid, signing_since: since?.toISOString() ?? null };
  },
});
