import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assembly } from '../../app.ts';
import { composeMessage, describeLife } from './compose-message.ts';
import type { MailKind } from './mail-row.ts';
import type { MailText } from './mail-text.ts';

const kinds = Object.keys(assembly.mailTexts) as MailKind[];

function textOf(kind: MailKind): MailText {
  const text = assembly.mailTexts[kind];
  assert.ok(text, kind);
  return text;
}

function hasLink(kind: MailKind): boolean {
  return textOf(kind).page !== undefined;
}

const link = `https://accounts.example.com/app/page#token=${'aB3-_'.repeat(12)}Zz09`;

function compose(kind: MailKind, projectName = 'ADL') {
  return composeMessage(textOf(kind), {
    projectName,
    link: hasLink(kind) ? link : null,
    linkLife: '30 minutes',
    code: '4711 0815',
    occurredAt: new Date('2026-01-31T09:26:03Z'),
    device: 'Firefox on Linux',
    ip: '203.0.113.7',
  });
}

/** The text that a reader sees. */
function wordsOf(html: string): string {
  const body = html.slice(html.indexOf('<body'));
  const entities: Record<string, string> = {
    '&amp;': '&',
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
  };
  return body
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/&(?:amp|lt|gt|quot|#39);/g, (entity) => entities[entity] ?? '')
    .replaceAll(/\s+/g, ' ');
}

for (const kind of kinds) {
  test(`L01 ${kind}: a hostile project name is shown as text and not evaluated`, () => {
    for (const name of [
      '<a href=//evil.test>x</a>',
      '{{7*7}}',
      `\${7*7}`,
      '<%= 7*7 %>',
      '&#60;b&#62;',
      '"><script>',
    ]) {
      const { subject, text, html } = compose(kind, name);
      assert.ok(subject.endsWith(` – ${name}`));
      // Long lines are wrapped between words.
      assert.ok(text.replaceAll(/\s+/g, ' ').includes(name));
      assert.ok(wordsOf(html).includes(name));
      assert.doesNotMatch(`${subject}${text}${html}`, /\b49\b/);
      assert.doesNotMatch(html, /<(script|a href=\/\/)/);
    }
  });

  test(`L02 ${kind}: our link is the only URL, and nothing external is loaded`, () => {
    const { text, html } = compose(kind);
    for (const body of [text, html]) {
      for (const [address] of body.matchAll(/[a-z]+:\/\/[^\s"<]+/g)) assert.equal(address, link);
      assert.equal(body.includes(link), hasLink(kind));
    }
    assert.doesNotMatch(html, /\bsrc=|url\(|<img|<link|<style|@import|<form|<iframe/i);
  });

  test(`L03 ${kind}: text and HTML have the same words and short lines`, () => {
    const { subject, text, html } = compose(kind);
    assert.match(subject, /^[\x20-\x7e–]+$/);
    const shown = wordsOf(html);
    for (const word of text.split(/\s+/).filter((one) => /^[\w’'.-]+$/.test(one) && one !== '--')) {
      assert.ok(shown.includes(word), word);
    }
    for (const line of `${text}\n${html}`.split('\n')) assert.ok(line.length <= 998);
    for (const line of text.split('\n')) assert.ok(line.length <= 76 || line === link);
    assert.equal(
      html.match(/<(p|div|h1|a|td|tr|table)\b/g)?.length,
      html.match(/<\/(p|div|h1|a|td|tr|table)>/g)?.length,
    );
  });
}

test('a changed-address notice names no address; without a link it says what to do', () => {
  const { text } = composeMessage(textOf('email_changed'), {
    projectName: 'ADL',
    link: null,
    linkLife: null,
    code: null,
    occurredAt: new Date(0),
    device: null,
    ip: null,
  });
  assert.match(text, /contact the operator of this service at once/);
  assert.doesNotMatch(text, /@|link/);
});

test('a lifetime is given in the largest unit that fits at least twice', () => {
  const lives = {
    300: '5 minutes',
    1800: '30 minutes',
    3600: '60 minutes',
    7200: '2 hours',
    86400: '24 hours',
    604800: '7 days',
  };
  for (const [seconds, words] of Object.entries(lives))
    assert.equal(describeLife(Number(seconds)), words);
});
