/** What the service tells every page of its configuration. */
export type Settings = {
  project_name: string;
  environment: string;
  version: string;
  usernames: 'required' | 'optional';
  registration: 'open' | 'invited' | 'closed';
  email_sign_in: boolean;
  /** Of users: admins always have passwords. */
  password_sign_in: boolean;
  password_min_length: { user: number; admin: number };
  deleted_user_grace_days: number;
  documentation: boolean;
  mailbox: boolean;
  setup_token: boolean;
  /** Who else signs users in. */
  providers: readonly { id: string; name: string }[];
  app_url: string | null;
  return_origins: string[];
  terms_url: string | null;
  privacy_url: string | null;
  logo: string | null;
};

export const settings = JSON.parse(
  document.getElementById('settings')?.textContent ?? '{}',
) as Settings;

/** Where nobody has a password, the service asks for another proof if it wants one. */
export function hasPassword({ name }: { name: 'user' | 'admin' }): boolean {
  return name === 'admin' || settings.password_sign_in;
}
