import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import { english, type Texts } from './english.ts';
import { chosenLanguage, type Language, rememberLanguage } from './language.ts';

type Chosen = { texts: Texts; language: Language; choose: (language: Language) => void };

const Catalogue = createContext<Chosen>({
  texts: english,
  language: 'en',
  choose: () => undefined,
});

export type { Texts } from './english.ts';

export function useTexts(): Texts {
  return useContext(Catalogue).texts;
}

/** The language in use, and how to choose another. */
export function useLanguage(): Pick<Chosen, 'language' | 'choose'> {
  return useContext(Catalogue);
}

const loaders: Record<Language, () => Promise<Texts>> = {
  en: async () => english,
  de: async () => (await import('./german.ts')).german,
};

/**
 * Draws nothing until the words of the reader's language are there; those of English always are.
 */
export function TextsProvider({ children }: { children: ComponentChildren }) {
  const [wanted, setWanted] = useState<Language>(chosenLanguage);
  const [texts, setTexts] = useState<Texts | null>(wanted === 'en' ? english : null);
  useEffect(() => {
    document.documentElement.lang = wanted;
    void loaders[wanted]().then(setTexts, () => setTexts(english));
  }, [wanted]);
  if (texts === null) return null;
  const choose = (language: Language) => {
    rememberLanguage(language);
    setWanted(language);
  };
  return (
    <Catalogue.Provider value={{ texts, language: wanted, choose }}>{children}</Catalogue.Provider>
  );
}
