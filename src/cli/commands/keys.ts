import { z } from 'zod';
import { countTotpsByKey } from '../../domain/factors/totp-store.ts';
import { countOpenLinksByKey } from '../../domain/one-time-tokens/link-store.ts';
import { countLiveSessionsByKey } from '../../domain/sessions/session-store.ts';
import { defineCommand } from '../command/command.ts';

export const keys = defineCommand({
  name: 'keys',
  summary: 'Show the secrets in use by their key ids, and what still depends on each',
  parameters: z.strictObject({}),
  run: async ({ db, keys: ring }, _parameters, { send }) => {
    const sessions = await countLiveSessionsByKey(db);
    const links = await countOpenLinksByKey(db);
    const apps = await countTotpsByKey(db);
    const named = ring.all.map(({ kid }) => kid);
    const all = new Set([...named, ...sessions.keys(), ...links.keys(), ...apps.keys()]);
    for (const kid of all) {
      const secret = ['SECRET_KEY', 'SECRET_KEY_PREVIOUS'][named.indexOf(kid)] ?? 'retired';
      const [ofSessions, ofLinks, ofApps] = [sessions, links, apps].map((of) => of.get(kid) ?? 0);
      await send({
        item: { kid, secret, sessions: ofSessions, links: ofLinks, second_factors: ofApps },
      });
    }
    return { current: ring.current.kid };
  },
});
