/** Red, green and blue, each from 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

export const white: Colour = [255, 255, 255];
/** The surface of the dark theme. */
export const night: Colour = [23, 23, 29];

/** WCAG AA for text. */
const enoughContrast = 4.5;

/** `#rrggbb`. */
export function parseColour(text: string): Colour {
  const part = (at: number) => Number.parseInt(text.slice(at, at + 2), 16);
  return [part(1), part(3), part(5)];
}

export function hex(colour: Colour): string {
  return `#${colour.map((part) => Math.round(part).toString(16).padStart(2, '0')).join('')}`;
}

/** The colour, moved towards black or white as far as it takes to be read on the ground. */
export function readableOn(ground: Colour, accent: Colour): Colour {
  const away = ground === white ? night : white;
  const steps = Array.from({ length: 20 }, (_, step) => mix(accent, away, step / 20));
  return steps.find((colour) => contrast(colour, ground) >= enoughContrast) ?? away;
}

export function mix(one: Colour, other: Colour, share: number): Colour {
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
