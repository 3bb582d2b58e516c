import { type Html, html } from '../../../platform/html/html.ts';
import { codeBlock } from './code-block.ts';

/** Of CommonMark: paragraphs, second-level headings, fenced JavaScript, code spans. */
export function renderMarkdown(text: string): Html[] {
  return text.split(/```js\n(.*?)\n```/s).flatMap((part, index) => {
    if (index % 2 === 1) return [codeBlock('JavaScript', 'js', part)];
    return part
      .split('\n\n')
      .map((block) => block.trim())
      .filter((block) => block !== '')
      .map(renderBlock);
  });
}

function renderBlock(block: string): Html {
  return block.startsWith('## ')
    ? html`<h2>${renderSpans(block.slice(3))}</h2>`
    : html`<p>${renderSpans(block)}</p>`;
}

/** Renders the code spans of a line. */
export function renderSpans(text: string): Html[] {
  return text
    .split('`')
    .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
