import { z } from 'zod';
import { countOpenLinksByKey } from '../../domain/one-time-tokens/link-store.ts';
import { countLiveSessionsByKey } from '../../domain/sessions/session-store.ts';
import { readSigningKeyState } from '../../domain/signing-keys/signing-key-store.ts';
import { defineCommand } from '../command/command.ts';

export const keys = defineCommand({
  name: 'keys',
  summary: 'Show the secrets in use by their key ids, and what still depends on each',
  parameters: z.strictObject({}),
  run: async ({ db, keys: ring }, _parameters, { send }) => {
    const sessions = await countLiveSessionsByKey(db);
    const links = await countOpenLinksByKey(db);
    const { signsSince, byKey: signing } = await readSigningKeyState(db);
    const named = ring.all.map(({ kid }) => kid);
    const all = new Set([...named, ...sessions.keys(), ...links.keys(), ...signing.keys()]);
    for (const kid of all) {
      const secret = ['SECRET_KEY', 'SECRET_KEY_PREVIOUS'][named.indexOf(kid)] ?? 'retired';
      await send({
        item: {
          kid,
          secret,
          sessions: sessions.get(kid) ?? 0,
          links: links.get(kid) ?? 0,
          signing_keys: signing.get(kid) ?? 0,
        },
      });
    }
    return { current: ring.current.kid, signing_since: signsSince?.toISOString() ?? null };
  },
});
