import { type Html, html } from '../../../platform/html/html.ts';

type Language = 'json' | 'shell' | 'js';

// The groups: k is a name, s a string, n a number or a literal.
const tokens: Record<Language, RegExp> = {
  json: /(?<k>"(?:[^"\\]|\\.)*"(?=:))|(?<s>"(?:[^"\\]|\\.)*")|(?<n>\b(?:true|false|null)\b|-?\b\d[\d.]*)/g,
  shell: /(?<k>(?<=\s)-[\w-]+|^curl)|(?<s>"[^"\n]*"|'[^']*')/g,
  js: /(?<k>\b(?:const|await|new)\b)|(?<s>'[^'\n]*')|(?<n>\b\d+\b)/g,
};

/** A block of highlighted code with a heading. Keyboard users can scroll it. */
export function codeBlock(title: string, language: Language, code: string): Html {
  return html`<figure class="code"><figcaption>${title}</figcaption><pre tabindex="0" role="group" aria-label="${title}"><code>${coloured(language, code)}</code></pre></figure>`;
}

function coloured(language: Language, code: string): Html[] {
  const parts: Html[] = [];
  let end = 0;
  for (const match of code.matchAll(tokens[language])) {
    const [kind = 's'] =
      Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [];
    parts.push(html`${code.slice(end, match.index)}<i class="${kind}">${match[0]}</i>`);
    end = match.index + match[0].length;
  }
  return [...parts, html`${code.slice(end)}`];
}

export function jsonBlock(title: string, value: unknown): Html {
  return codeBlock(title, 'json', JSON.stringify(value, null, 2));
}
