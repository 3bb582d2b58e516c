import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CommandEvent } from '../command/command.ts';
import { longestLine, piecesOf } from './frames.ts';

function textOf(event: CommandEvent): string {
  return 'text' in event ? event.text : '';
}

test('text of any length travels in lines that are short enough, whole', () => {
  for (const character of ['"', '\u0000', 'é', '😀'])
    for (const ahead of ['', 'x']) {
      const text = ahead + character.repeat(20_000);
      const pieces = [...piecesOf({ text })];
      assert.ok(pieces.every((piece) => JSON.stringify(piece).length < longestLine));
      assert.equal(pieces.map(textOf).join(''), text);
      assert.ok(pieces.every((piece) => textOf(piece).isWellFormed()));
    }
  assert.deepEqual([...piecesOf({ text: '' })], []);
  assert.deepEqual([...piecesOf({ progress: 7 })], [{ progress: 7 }]);
});
