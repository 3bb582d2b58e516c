import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What the build wrote about itself: `web/build/write-pages.ts`. */
const manifestSchema = z.object({
  html: z.string(),
  strength: z.string().optional(),
  files: z.record(
    z.string(),
    z.object({ type: z.string(), encodings: z.array(z.enum(['br', 'gzip'])) }),
  ),
});

export type BuiltPages = z.output<typeof manifestSchema> & { directory: string };

const builtDirectory = join(import.meta.dirname, '../../../web/dist');

/** Null where the pages have not been built. */
export function readBuiltPages(directory = builtDirectory): BuiltPages | null {
  const manifest = join(directory, 'pages.json');
  if (!existsSync(manifest)) return null;
  return { ...manifestSchema.parse(JSON.parse(readFileSync(manifest, 'utf8'))), directory };
}
