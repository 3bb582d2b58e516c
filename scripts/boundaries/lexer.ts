/** A string or template; of a template the text without its expressions, each shown as `?`. */
export type Literal = { start: number; text: string };

const regexMayFollow =
  /(?:^|[(,=:[!&|?{};+*%~^<>-]|\b(?:return|typeof|case|in|of|await|void|delete|throw|else|do))$/;

/**
 * Tells code from comments and literals, so that a guard is not misled by a word in a comment. A small
 * approximation of the grammar, as no parser that runs on this project's tools gives a tree: a `/` after `)`
 * or `}` is taken for a division.
 */
export function lex(source: string): { code: string; literals: Literal[] } {
  const literals: Literal[] = [];
  let code = '';
  let at = 0;

  const skipTo = (end: number) => {
    code += source.slice(at, end).replaceAll(/[^\n]/g, ' ');
    at = end;
  };
  const endOf = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source) === null ? source.length : pattern.lastIndex;
  };
  const readString = () => {
    const start = at;
    skipTo(endOf(source[at] === '"' ? /"(?:[^"\\\n]|\\[\s\S])*"?/y : /'(?:[^'\\\n]|\\[\s\S])*'?/y));
    literals.push({ start, text: source.slice(start + 1, at - 1) });
  };
  const readTemplate = () => {
    const literal = { start: at, text: '' };
    literals.push(literal);
    skipTo(at + 1);
    while (at < source.length && source[at] !== '`') {
      const from = at;
      skipTo(endOf(/(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y));
      literal.text += source.slice(from, at);
      if (source[at] !== '$') continue;
      literal.text += '?';
      skipTo(at + 2);
      readCode(true);
      skipTo(Math.min(at + 1, source.length));
    }
    skipTo(Math.min(at + 1, source.length));
  };
  const readCode = (insideTemplate: boolean) => {
    for (let depth = 0; at < source.length; ) {
      const char = source[at];
      if (source.startsWith('//', at)) skipTo(endOf(/[^\n]*/y));
      else if (source.startsWith('/*', at)) skipTo(endOf(/\/\*[\s\S]*?\*\//y));
      else if (char === '"' || char === "'") readString();
      else if (char === '`') readTemplate();
      else if (char === '/' && regexMayFollow.test(code.trimEnd())) {
        skipTo(endOf(/\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*|\//y));
      } else {
        if (char === '{') depth += 1;
        if (char === '}' && depth-- === 0 && insideTemplate) return;
        code += char;
        at += 1;
      }
    }
  };
  readCode(false);
  return { code, literals };
}
