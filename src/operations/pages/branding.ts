import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Config } from '../../configuration/config.ts';
import {
  type Colour,
  hex,
  mix,
  night,
  parseColour,
  readableOn,
  white,
} from '../../platform/html/colour.ts';
import { type StaticContent, staticContent } from '../../platform/http/static-content.ts';

const imageTypes: Record<string, string> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

/**
 * A style sheet with the accent of `BRANDING`, moved as far as it takes to be readable; or null.
 */
export function brandingStyles({ branding }: Pick<Config, 'branding'>): StaticContent | null {
  if (branding.accent === undefined) return null;
  const accent = parseColour(branding.accent);
  const [light, dark] = [readableOn(white, accent), readableOn(night, accent)];
  const hover = [mix(light, night, 0.2), mix(dark, white, 0.2)] as const;
  const soft = [mix(white, light, 0.1), mix(night, dark, 0.18)] as const;
  const rule = (name: string, [one, other]: readonly [Colour, Colour]) =>
    `--${name}: light-dark(${hex(one)}, ${hex(other)});`;
  const rules = [
    rule('accent', [light, dark]),
    rule('accent-strong', hover),
    rule('accent-soft', soft),
  ];
  return staticContent(`:root { ${rules.join(' ')} }\n`, 'text/css; charset=utf-8');
}

/** Read once, at the start, which fails where the file is missing. */
export function brandingLogo({
  branding: { logo },
}: Pick<Config, 'branding'>): StaticContent | null {
  if (logo === undefined) return null;
  return staticContent(readFileSync(logo), imageTypes[extname(logo).toLowerCase()] ?? 'image/png');
}
