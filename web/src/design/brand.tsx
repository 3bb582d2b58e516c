import { settings } from '../session/settings.ts';

/** Name and logo of the service; without a logo its first letter. */
export function Brand({ href }: { href: string }) {
  return (
    <a class="entry-brand" href={href}>
      {settings.logo === null ? (
        <span class="brand-mark" aria-hidden="true">
          {settings.project_name.charAt(0).toUpperCase()}
        </span>
      ) : (
        <img class="brand-mark" src={settings.logo} alt="" />
      )}
      <span class="clip">{settings.project_name}</span>
    </a>
  );
}
