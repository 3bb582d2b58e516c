import type { Config } from '../configuration/config.ts';
import { text } from '../platform/http/schemas.ts';

type Settings = Pick<Config, 'publicUrl' | 'appUrl' | 'returnToAllow'>;

/** The origins whose pages people may be led back to. */
export function returnOrigins({ publicUrl, appUrl, returnToAllow }: Settings): string[] {
  const urls = [publicUrl, appUrl, ...returnToAllow].filter((url) => url !== undefined);
  return [...new Set(urls.map((url) => new URL(url).origin))];
}

/** A member of a body: where to lead the person afterwards. Null and absent mean nowhere. */
export function returnToMember(config: Settings) {
  return text(2000)
    .refine((given) => isAllowed(config, given), {
      message: 'must be a path of this service or an address of the application',
      params: { type: 'return_to_not_allowed' },
    })
    .nullish()
    .transform((given) => given ?? null)
    .describe('A path of this service, or an address of `APP_URL` or `RETURN_TO_ALLOW`')
    .meta({ example: '/app/security' });
}

/** Read as a browser would: `//evil` is no path of ours, nor is one with a backslash or a tab. */
function isAllowed(config: Settings, given: string): boolean {
  if (!/^[\x21-\x5b\x5d-\x7e]*$/.test(given)) return false;
  if (!URL.canParse(given, config.publicUrl)) return false;
  const { protocol, origin, username, password } = new URL(given, config.publicUrl);
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '') return false;
  return returnOrigins(config).includes(origin);
}
