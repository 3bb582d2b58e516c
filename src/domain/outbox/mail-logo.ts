import { readFileSync } from 'node:fs';
import type { Dependencies } from '../dependencies.ts';

type Config = Dependencies['config'];

/** What mail programs refer to it by (RFC 2392). */
export const logoAddress = 'cid:logo';

/** A mail to many is sent many times. */
const largestBytes = 64 * 1024;
const pngSignature = '89504e470d0a1a0a';
const known = new WeakMap<Config, Buffer | null>();

/**
 * The logo of `BRANDING`, which travels in the mail: one that is loaded from outside would tell who
 * reads a mail and when, so mail programs block it. Null unless it is a small PNG: they show no
 * other kind that we have.
 */
export function mailLogo(config: Config): Buffer | null {
  const found = known.get(config);
  if (found !== undefined) return found;
  const logo = readLogo(config);
  known.set(config, logo);
  return logo;
}

function readLogo({ branding }: Config): Buffer | null {
  if (!branding.logo?.toLowerCase().endsWith('.png')) return null;
  const content = readFileSync(branding.logo);
  const isPng = content.subarray(0, 8).toString('hex') === pngSignature;
  return isPng && content.length <= largestBytes ? content : null;
}
