import { z } from 'zod';
import { uuid } from '../../platform/http/schemas.ts';

/** An account of either realm, in answers. */
export const partySchema = z.object({ kind: z.enum(['user', 'admin']), id: uuid });
