const browsers: [RegExp, string][] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];

const systems: [RegExp, string][] = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'a Mac'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

const commands: [RegExp, string][] = [
  [/^curl\//, 'curl'],
  [/^(python|Python|aiohttp|httpx)/, 'a Python program'],
  [/^(node|undici|axios)/, 'a Node.js program'],
  [/^okhttp\//, 'an Android app'],
  [/CFNetwork\//, 'an Apple app'],
];

const examinedCharacters = 300;

/** E.g. `Firefox on Linux`. Never client input, since it goes into mails; no version. */
export function describeDevice(userAgent: string | null): string {
  const examined = userAgent?.slice(0, examinedCharacters) ?? '';
  const browser = firstMatch(browsers, examined);
  const system = firstMatch(systems, examined);
  if (browser && system) return `${browser} on ${system}`;
  return browser ?? firstMatch(commands, examined) ?? (system ? `an app on ${system}` : 'an app');
}

function firstMatch(candidates: readonly [RegExp, string][], text: string): string | null {
  return candidates.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}
