import { type CompiledQuery, type RawBuilder, sql } from 'kysely';
import type { Database } from './database.ts';

type Value<Values> = <Name extends keyof Values>(name: Name) => RawBuilder<Values[Name]>;

/** Where a value goes in. */
class Place {
  readonly name: PropertyKey;

  constructor(name: PropertyKey) {
    this.name = name;
  }
}

/**
 * A statement that is built and compiled at its first run; later runs only put in their values.
 * `build` gets the database only to build queries with.
 */
export function compileOnce<Values extends object, Row>(
  build: (value: Value<Values>, db: Database) => RawBuilder<Row>,
): (db: Database, values: Values) => Promise<readonly Row[]> {
  let compiled: CompiledQuery<Row> | undefined;
  return async (db, values) => {
    compiled ??= build((name) => sql.val(new Place(name)) as RawBuilder<never>, db).compile(db);
    const parameters = compiled.parameters.map((parameter) =>
      parameter instanceof Place ? values[parameter.name as keyof Values] : parameter,
    );
    return (await db.executeQuery<Row>({ ...compiled, parameters })).rows;
  };
}
