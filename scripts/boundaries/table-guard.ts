import { before, type Guard, lineAt, type SourceFile, type Tree } from './tree.ts';

const builderCall =
  /(?:\b(?:selectFrom|insertInto|replaceInto|mergeInto|updateTable|deleteFrom|using|\w*Join|sql\.\w+)|(?<!Buffer)\.from|\.table)(?:<[^;()]*>)?\(\s*(?:\[[^\]]*)?$/;
const chosenTable =
  /\b(selectFrom|insertInto|replaceInto|mergeInto|updateTable|deleteFrom|\w+Join|sql\.table)\(\s*[\w.]*table\w*/gi;
const sqlTag = /\bsql(?:<[^;`]*>)?$/;
const statement =
  /\b(?:insert\s+into|update|delete\s+from|truncate(?:\s+table)?|join|select\b[^;]*?\bfrom)\s+(?:only\s+)?"?(\w+)/gi;

export type TableRules = {
  /** A table's name to the one folder that may speak SQL to it. */
  owners: Record<string, string>;
  /**
   * Files that read an owner's table beside their own in one query, each with the reason why two
   * won't do.
   */
  jointReaders: Record<string, string>;
};

export function tableGuard({ owners, jointReaders }: TableRules): Guard {
  const folders = Object.values(owners);
  // A folder that owns several tables writes its queries once for all of them.
  const choosing = folders.filter((folder, at) => folders.indexOf(folder) !== at);
  return {
    rule: 'SQL on a table stands only in its owning folder',
    why: "A table's rules (what is unique, what is burnt, what is never shown) hold only where one place writes it.",
    findFaults: (tree) => [
      ...ownerFaults(tree, owners),
      ...tree.files.flatMap((file) => [
        ...strayTables(file, owners),
        ...(choosing.some((folder) => isIn(folder, file))
          ? []
          : chosenTables(file, file.path in jointReaders)),
      ]),
    ],
  };
}

function ownerFaults(tree: Tree, owners: Record<string, string>): string[] {
  const tables = tablesOf(tree);
  const unowned = [...tables].filter((table) => owners[table] === undefined);
  return unowned.map(
    (table) => `${table} has no owner: add it to the owners in scripts/check-boundaries.ts`,
  );
}

/** The tables that stand when every migration has run. */
function tablesOf(tree: Tree): Set<string> {
  const tables = new Set<string>();
  for (const sql of tree.migrations.values()) {
    const text = sql.replaceAll(/--.*|\/\*[\s\S]*?\*\//g, '');
    for (const [, verb = '', name = '', newName] of text.matchAll(tableChange)) {
      if (verb.toLowerCase() === 'create') tables.add(name);
      else tables.delete(name);
      if (newName !== undefined) tables.add(newName);
    }
  }
  return tables;
}

const tableChange =
  /\b(create|drop|alter)\s+table\s+(?:if\s+(?:not\s+)?exists\s+)?"?(\w+)"?(?:\s+rename\s+to\s+"?(\w+)"?)?/gi;

function strayTables(file: SourceFile, owners: Record<string, string>): string[] {
  return file.literals.flatMap((literal) => {
    const tables = tablesIn(literal.text, before(file.code, literal)).filter((table) => {
      const owner = owners[table];
      return owner !== undefined && !isIn(owner, file);
    });
    return [...new Set(tables)].map(
      (table) =>
        `${file.path}:${lineAt(file.code, literal.start)} touches ${table}, owned by ${owners[table]}`,
    );
  });
}

function tablesIn(text: string, lead: string): string[] {
  if (sqlTag.test(lead)) return text.match(/\w+/g) ?? [];
  if (builderCall.test(lead)) return [/^(?:\w+\.)?(\w+)(?:\s+as\s+\w+)?$/.exec(text)?.[1] ?? ''];
  return [...text.matchAll(statement)].map((match) => match[1] ?? '');
}

/** A table chosen at run time hides from this guard, so that it must not be chosen outside. */
function chosenTables({ path, code }: SourceFile, mayRead: boolean): string[] {
  return [...code.matchAll(chosenTable)]
    .filter(([, verb = '']) => !(mayRead && /^(?:selectFrom|\w+Join|sql\.table)$/.test(verb)))
    .map(
      (match) =>
        `${path}:${lineAt(code, match.index)} chooses its table at run time, outside the folder of its owner`,
    );
}

function isIn(folder: string, file: SourceFile): boolean {
  return file.path.startsWith(`${folder}/`);
}
