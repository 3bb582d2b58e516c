import { readFileSync } from 'node:fs';
import { extname } from 'node:path';
import type { Config } from '../../configuration/config.ts';
import { type StaticContent, staticContent } from '../../platform/http/static-content.ts';

const white = [255, 255, 255] as const;
const night = [23, 23, 29] as const;
/** WCAG AA for text. */
const enoughContrast = 4.5;
const imageTypes: Record<string, string> = {
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webp': 'image/webp',
};

type Colour = readonly [red: number, green: number, blue: number];

/** A style sheet with the accent of `BRANDING`, moved as far as it takes to be readable; or null. */
export function brandingStyles({ branding }: Pick<Config, 'branding'>): StaticContent | null {
  if (branding.accent === undefined) return null;
  const accent = parseColour(branding.accent);
  const [light, dark] = [readableOn(white, accent), readableOn(night, accent)];
  const hover = [mix(light, night, 0.2), mix(dark, white, 0.2)] as const;
  const soft = [mix(white, light, 0.1), mix(night, dark, 0.18)] as const;
  const rule = (name: string, [one, other]: readonly [Colour, Colour]) =>
    `--${name}: light-dark(${hex(one)}, ${hex(other)});`;
  const rules = [rule('accent', [light, dark]), rule('accent-strong', hover), rule('accent-soft', soft)];
  return staticContent(`:root { ${rules.join(' ')} }\n`, 'text/css; charset=utf-8');
}

/** Read once, at the start, which fails where the file is missing. */
export function brandingLogo({ branding: { logo } }: Pick<Config, 'branding'>): StaticContent | null {
  if (logo === undefined) return null;
  return staticContent(readFileSync(logo), imageTypes[extname(logo).toLowerCase()] ?? 'image/png');
}

function parseColour(text: string): Colour {
  const part = (at: number) => Number.parseInt(text.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

function hex(colour: Colour): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

function readableOn(ground: Colour, accent: Colour): Colour {
  const away = ground === white ? night : white;
  const steps = Array.from({ length: 20 }, (_, step) => mix(accent, away, step / 20));
  return steps.find((colour) => contrast(colour, ground) >= enoughContrast) ?? away;
}

function mix(one: Colour, other: Colour, share: number): Colour {
  const [red, green, blue] = one.map((part, at) => part + ((other[at] ?? 0) - part) * share);
  return [red ?? 0, green ?? 0, blue ?? 0];
}

function contrast(one: Colour, other: Colour): number {
  const [dark = 0, bright = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

/** WCAG's relative luminance. */
function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
