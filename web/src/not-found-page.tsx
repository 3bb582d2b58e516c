import { ButtonLink } from './design/button.tsx';
import { EntryPage } from './design/entry-page.tsx';
import { useTexts } from './texts/texts.tsx';

export function NotFoundPage() {
  const t = useTexts().notFound;
  return (
    <EntryPage title={t.title} lead={t.text}>
      <ButtonLink href="/app" look="primary" isWide>
        {t.home}
      </ButtonLink>
    </EntryPage>
  );
}
