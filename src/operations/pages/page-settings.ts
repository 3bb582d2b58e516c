import { returnOrigins } from '../../access/return-to.ts';
import type { Config } from '../../configuration/config.ts';
import { version } from '../../configuration/version.ts';

/**
 * What the pages know of the configuration. Everybody can read it: no secret, no address inside.
 */
export function pageSettings(config: Config) {
  const { environment, smtp, appUrl } = config;
  return {
    project_name: config.projectName,
    environment,
    version,
    usernames: config.usernames,
    registration: config.registration,
    email_sign_in: config.emailSignIn,
    password_sign_in: config.passwordSignIn,
    password_min_length: config.passwordMinLength,
    deleted_user_grace_days: config.deletedUserGraceDays,
    documentation: config.docsEnabled,
    mailbox: environment === 'development' && smtp.host === undefined,
    setup_token: environment !== 'development' || config.adminSetupToken !== undefined,
    providers: ownProviders(config),
    app_url: appUrl ?? null,
    // Where `return_to` may lead.
    return_origins: returnOrigins(config),
    terms_url: config.branding.terms_url ?? null,
    privacy_url: config.branding.privacy_url ?? null,
    logo: config.branding.logo === undefined ? null : '/app/logo',
  };
}

/** They lead back to the front end; where that is another, these pages offer none. */
function ownProviders({ providers, frontendUrl, publicUrl }: Config) {
  if (frontendUrl !== `${publicUrl}/app`) return [];
  return providers.map(({ id, name }) => ({ id, name }));
}

/** For a block of data in a page: JSON without anything that could end it. */
export function asDataBlock(value: object): string {
  return JSON.stringify(value).replaceAll('<', String.raw`\u003c`);
}
