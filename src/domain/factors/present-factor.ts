import { z } from 'zod';
import { timestamp, uuid } from '../../platform/http/schemas.ts';
import type { Factor } from './factor-kind.ts';

export const factorKindName = z.enum(['totp', 'passkey']);

export const factorSchema = z
  .object({
    id: uuid,
    kind: factorKindName,
    name: z.string().max(100).meta({ example: 'My phone' }),
    created_at: timestamp,
    last_used_at: timestamp.nullable(),
  })
  .meta({ id: 'Factor' });

export function presentFactor(factor: Factor): z.output<typeof factorSchema> {
  return {
    ...factor,
    created_at: factor.created_at.toISOString(),
    last_used_at: factor.last_used_at?.toISOString() ?? null,
  };
}
