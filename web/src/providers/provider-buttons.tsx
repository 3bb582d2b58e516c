import { ButtonLink } from '../design/button.tsx';
import { settings } from '../session/settings.ts';
import { useTexts } from '../texts/texts.tsx';

/** Ways in by others, above the form; nothing where none is configured. */
export function ProviderButtons({ returnTo }: { returnTo: string }) {
  const t = useTexts().account.providers;
  if (settings.providers.length === 0) return null;
  return (
    <div class="stack">
      {settings.providers.map(({ id, name }) => (
        <ButtonLink key={id} href={startAddress(id, returnTo)} isWide>
          {t.continueWith(name)}
        </ButtonLink>
      ))}
      <p class="or">{t.or}</p>
    </div>
  );
}

/** Back to the sign-in page, which takes over the session or asks for the second factor. */
function startAddress(id: string, target: string): string {
  const back = new URLSearchParams({ from: 'provider', return_to: target });
  const query = new URLSearchParams({ return_to: `/app/sign-in?${back.toString()}` });
  return `/api/users/login/providers/${id}/start?${query.toString()}`;
}
