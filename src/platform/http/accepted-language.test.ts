import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedLanguage } from './accepted-language.ts';

test('the language wanted most is chosen; regions, weights and nonsense are understood', () => {
  const cases: [header: string | undefined, language: string][] = [
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-ch,en;q=0.9', 'de'],
    ['fr-FR,fr;q=0.9,de;q=0.8,en;q=0.7', 'de'],
    ['en;q=0.4,de;q=0.5', 'de'],
    ['de;q=0,en;q=0.1', 'en'],
    ['de ; q=0.9, en', 'en'],
    ['*', 'en'],
    ['de;q=x,', 'en'],
    ['deutsch', 'en'],
    ['__proto__,constructor', 'en'],
    [',;,=;q;'.repeat(4000), 'en'],
  ];
  for (const [header, language] of cases)
    assert.equal(acceptedLanguage(header, ['en', 'de']), language, header?.slice(0, 60) ?? 'none');
});
