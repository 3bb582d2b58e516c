import { z } from 'zod';
import { exactOrigins, parts, variable, yesNo } from './config-fields.ts';

export const providerIdForm = /^[a-z][a-z0-9-]{0,19}$/;

/** The variables of all providers; `read-providers.ts` reads those of each. */
export const providerVariables = {
  OIDC_PROVIDERS: variable(
    z
      .string()
      .prefault('')
      .transform(parts)
      .refine(
        (ids) => ids.every((id) => providerIdForm.test(id)) && new Set(ids).size === ids.length,
        'must be a comma-separated list of different names in lower case, e.g. google,work',
      )
      .refine((ids) => ids.length <= 20, 'must name at most 20 providers'),
    'Comma-separated list of who else signs users in: google, microsoft, apple, gitlab, github, or a name of your own. Each has variables of its own, such as OIDC_<NAME>_CLIENT_ID: docs/sign-in-providers.md.',
  ),
  OIDC_ALLOW_PRIVATE: yesNo(
    false,
    'Whether providers may be at private addresses, and without https on this machine.',
  ),
  RETURN_TO_ALLOW: exactOrigins(
    'Comma-separated list of exact origins, besides that of FRONTEND_URL, that a sign-in by a provider may return to.',
    'none',
  ),
};
