export const languages = { en: 'English', de: 'Deutsch' } as const;

export type Language = keyof typeof languages;

const key = 'adl:language';

/** The one chosen here, or else the first of the browser's that there is. */
export function chosenLanguage(): Language {
  const wanted = [remembered(), ...navigator.languages.map((one) => one.split('-')[0] ?? '')];
  return wanted.find(isLanguage) ?? 'en';
}

export function rememberLanguage(language: Language): void {
  try {
    localStorage.setItem(key, language);
  } catch {
    // Then the choice lasts until the page is left.
  }
}

function remembered(): string {
  try {
    return localStorage.getItem(key) ?? '';
  } catch {
    return '';
  }
}

function isLanguage(text: string): text is Language {
  return Object.hasOwn(languages, text);
}
