/** What may hold a semicolon that ends no statement; a comment of blocks may hold others. */
const quoted = /'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$\w*\$)[\s\S]*?\1|--[^\n]*|\/\*[\s\S]*?\*\//y;

/** The statements of a script, without what comes between them. */
export function splitStatements(script: string): string[] {
  const statements: string[] = [];
  let start = 0;
  for (let at = 0; at <= script.length; ) {
    quoted.lastIndex = at;
    const [skipped] = quoted.exec(script) ?? [];
    if (skipped !== undefined) {
      at += skipped.length;
      continue;
    }
    if (script[at] === ';' || at === script.length) {
      statements.push(script.slice(start, at));
      start = at + 1;
    }
    at += 1;
  }
  return statements.map(withoutComments).filter((statement) => statement !== '');
}

/** In front of the statement: what is inside belongs to it. */
function withoutComments(statement: string): string {
  return statement.replace(/^(\s|--[^\n]*(\n|$)|\/\*[\s\S]*?\*\/)+/, '').trim();
}
