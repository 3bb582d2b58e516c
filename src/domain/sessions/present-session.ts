import { z } from 'zod';
import { timestamp, uuid } from '../../platform/http/schemas.ts';
import type { SessionRecord } from './session-store.ts';

export const sessionSchema = z
  .object({
    id: uuid,
    created_at: timestamp,
    last_used_at: timestamp,
    expires_at: timestamp,
    ip: z.string().max(45).nullable().meta({ example: '203.0.113.7' }),
    user_agent: z.string().max(300).nullable().meta({ example: 'Mozilla/5.0 (X11; Linux x86_64)' }),
    current: z.boolean().describe('Whether this is the session of the request'),
  })
  .meta({ id: 'Session' });

/** `expires_at` is when the session ends if it is not used again. */
export function presentSession(
  session: SessionRecord,
  currentSessionId?: string,
): z.output<typeof sessionSchema> {
  return {
    id: session.id,
    created_at: session.created_at.toISOString(),
    last_used_at: session.last_used_at.toISOString(),
    expires_at: session.idle_expires_at.toISOString(),
    ip: session.ip,
    user_agent: session.user_agent,
    current: session.id === currentSessionId,
  };
}
