import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { anyCharacter } from '../../../test/any-character.ts';
import { html } from './html.ts';

test('every value is escaped: the output has no markup but the template’s', () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (value) => {
      const markup = html`<p title="${value}">${value}</p>`.toString();
      const [, title = '', text = ''] =
        /^<p title="([^"<>']*)">([^"<>']*)<\/p>$/s.exec(markup) ?? [];
      assert.equal(title, text);
      const entities: Record<string, string> = {
        amp: '&',
        lt: '<',
        gt: '>',
        quot: '"',
        '#39': "'",
      };
      assert.equal(
        text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name] ?? ''),
        value,
      );
    }),
  );
});

test('HTML values are not escaped again, and lists are joined', () => {
  const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
  assert.equal(html`<ul>${items}</ul>${7}`.toString(), '<ul><li>a</li><li>&lt;b&gt;</li></ul>7');
});
