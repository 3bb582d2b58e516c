import { type Language, languages } from './language.ts';
import { useLanguage, useTexts } from './texts.tsx';

/** Each language by its own name. */
export function LanguageChoice() {
  const t = useTexts();
  const { language, choose } = useLanguage();
  return (
    <select
      class="language"
      aria-label={t.language}
      value={language}
      onChange={(event) => choose(event.currentTarget.value as Language)}
    >
      {Object.entries(languages).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  );
}
