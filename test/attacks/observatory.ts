/**
 * The scoring of MDN's HTTP Observatory: its tests and modifiers as published at
 *   https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring
 * with details from its source (github.com/mdn/mdn-http-observatory). Tests that depend on the
 * deployment (redirection from HTTP, HSTS preload list) count 0 here.
 */
import type { Answer } from '../answer.ts';

type Modifiers = Record<string, number>;
export type Score = { score: number; grade: string; modifiers: Modifiers };

const grades: [least: number, grade: string][] = [
  [100, 'A+'],
  [90, 'A'],
  [85, 'A-'],
  [80, 'B+'],
  [70, 'B'],
  [65, 'B-'],
  [60, 'C+'],
  [50, 'C'],
  [45, 'C-'],
  [40, 'D+'],
  [30, 'D'],
  [25, 'D-'],
  [0, 'F'],
];
const leastForBonus = 90;

/** Penalties first; bonuses count only from 90 points upwards. */
export function observatoryScore({ headers, text }: Pick<Answer, 'headers' | 'text'>): Score {
  const header = (name: string) => headers[name]?.toString().toLowerCase();
  const policy = parsePolicy(header('content-security-policy') ?? '');
  const transport = transportSecurity(header('strict-transport-security'));
  const modifiers: Modifiers = {
    'content-security-policy': contentSecurityPolicy(policy),
    cookies: cookies([headers['set-cookie'] ?? []].flat(), transport === 0),
    'cross-origin-resource-sharing': header('access-control-allow-credentials') === 'true' ? -50 : 0,
    'strict-transport-security': transport,
    'referrer-policy': referrerPolicy(header('referrer-policy')),
    'subresource-integrity': /html/.test(header('content-type') ?? '') ? subresourceIntegrity(text) : 0,
    'x-content-type-options': header('x-content-type-options') === 'nosniff' ? 0 : -5,
    'x-frame-options': frameOptions(policy, header('x-frame-options')),
    'cross-origin-resource-policy': resourcePolicy(header('cross-origin-resource-policy')),
  };
  const sum = (chosen: (modifier: number) => boolean) =>
    Object.values(modifiers)
      .filter(chosen)
      .reduce((total, modifier) => total + modifier, 0);
  const base = Math.max(0, 100 + sum((modifier) => modifier < 0));
  const score = base >= leastForBonus ? base + sum((modifier) => modifier > 0) : base;
  return { score, grade: grades.find(([least]) => score >= least)?.[1] ?? 'F', modifiers };
}

type Policy = Map<string, string[]>;

function parsePolicy(text: string): Policy {
  const directives = text.split(';').map((directive) => directive.trim().split(/\s+/));
  return new Map(directives.flatMap(([name = '', ...sources]) => (name === '' ? [] : [[name, sources]])));
}

const broad = /^(\*|ftp:|https?:|https?:\/\/\*(\.\*)?)$/;
const inline = /^('unsafe-inline'|data:)$/;
const insecure = /^(http|ftp):/;

function contentSecurityPolicy(policy: Policy): number {
  if (policy.size === 0) return -25;
  const sources = (name: string) => policy.get(name) ?? policy.get('default-src') ?? ['*'];
  const some = (names: string[], ...forms: RegExp[]) =>
    names.some((name) => sources(name).some((source) => forms.some((form) => form.test(source))));
  const passive = ['img-src', 'media-src'];
  const active = ['script-src', ...[...policy.keys()].filter((name) => !passive.includes(name))];
  if (some(['script-src'], broad, inline) || some(['object-src'], broad)) return -20;
  if (some(active, insecure)) return -20;
  if (some(['script-src', 'style-src'], /^'unsafe-eval'$/)) return -10;
  if (some(passive, insecure)) return -10;
  if (some(['style-src'], broad, inline)) return 0;
  return policy.get('default-src')?.join() === "'none'" ? 10 : 5;
}

/** Treats every cookie as a session cookie, which has the stricter penalties. */
function cookies(all: string[], overTls: boolean): number {
  if (all.length === 0) return 0;
  const each = (attribute: RegExp) => all.every((cookie) => attribute.test(cookie));
  if (!each(/;\s*secure(;|$)/i)) return overTls ? -10 : -40;
  if (!each(/;\s*httponly(;|$)/i)) return -30;
  if (all.some((cookie) => /;\s*samesite=(?!strict|lax)/i.test(cookie))) return -20;
  return each(/;\s*samesite=(strict|lax)/i) ? 5 : 0;
}

const sixMonths = 15_768_000;

function transportSecurity(value: string | undefined): number {
  const maxAge = /(?:^|;)\s*max-age=(\d+)/.exec(value ?? '')?.[1];
  if (maxAge === undefined) return -20;
  return Number(maxAge) < sixMonths ? -10 : 0;
}

function referrerPolicy(value: string | undefined): number {
  if (value === undefined) return 0;
  return /^(no-referrer|same-origin|strict-origin|strict-origin-when-cross-origin)$/.test(value) ? 5 : -5;
}

function subresourceIntegrity(page: string): number {
  const scripts = [...page.matchAll(/<script\b[^>]*\bsrc="([^"]*)"[^>]*>/g)];
  if (scripts.length === 0) return 0;
  const withIntegrity = scripts.every(([tag]) => /\bintegrity="/.test(tag));
  const elsewhere = scripts.map(([, source = '']) => source).filter((source) => /^(\w+:)?\/\//.test(source));
  if (elsewhere.some((source) => !source.startsWith('https:'))) return withIntegrity ? -20 : -50;
  if (withIntegrity) return 5;
  return elsewhere.length > 0 ? -5 : 0;
}

function frameOptions(policy: Policy, value: string | undefined): number {
  const ancestors = policy.get('frame-ancestors');
  if (ancestors !== undefined && !ancestors.some((source) => broad.test(source))) return 5;
  return value === 'deny' || value === 'sameorigin' ? 0 : -20;
}

function resourcePolicy(value: string | undefined): number {
  if (value === 'same-origin' || value === 'same-site') return 10;
  return value === undefined || value === 'cross-origin' ? 0 : -5;
}
