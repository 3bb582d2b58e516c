import type { FastifyRequest } from 'fastify';
import { acceptedLanguage } from '../../../platform/http/accepted-language.ts';
import { english, type LinkPageTexts } from './english.ts';
import { german } from './german.ts';

export type { LinkPage, LinkPageTexts } from './english.ts';

/** The words of the pages that work without a build, one catalogue for each language. */
export const texts = { en: english, de: german } satisfies Record<string, LinkPageTexts>;

export type Language = keyof typeof texts;
const languages = ['en', 'de'] as const;

/** Of the pages in a language: caches must not mix them up. */
export function languageHeaders(language: Language): Record<string, string> {
  return { vary: 'Origin, Accept-Language', 'content-language': language };
}

export function languageOf({ headers }: Pick<FastifyRequest, 'headers'>): Language {
  return acceptedLanguage(headers['accept-language'], languages);
}
