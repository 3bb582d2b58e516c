import { sql } from 'kysely';
import type { Database } from '../../../platform/database/database.ts';
import { type Check, type Found, failed, ok, warning } from '../finding.ts';

type Role = {
  role: string;
  database: string;
  isSuperuser: boolean;
  mayUseJobs: boolean;
  mayCreate: boolean;
  mayCreateSchema: boolean;
  owns: boolean;
};

/** The role may do what the service does, and no more than it must. */
export function rightsCheck(db: Database): Check {
  return {
    name: 'rights',
    run: async () => {
      const role = await readRole(db);
      const grants = await missingGrants(db, role);
      if (grants.length > 0)
        return grants.map(({ what, grant }) =>
          failed(`the role ${role.role} may not ${what}`, grant),
        );
      const faults = [...excess(role), ...upgradeFaults(role)];
      return faults.length > 0 ? faults : ok(`the role ${role.role} may do what the service needs`);
    },
  };
}

/** A table that is not there yet is for the check of the schema. */
async function readRole(db: Database): Promise<Role> {
  const { rows } = await sql<Role>`
    SELECT quote_ident(current_user) AS role, quote_ident(current_database()) AS database,
           (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS "isSuperuser",
           coalesce(has_schema_privilege(to_regnamespace('jobs'), 'USAGE'), true) AS "mayUseJobs",
           has_schema_privilege('public', 'CREATE') AS "mayCreate",
           has_database_privilege(current_database(), 'CREATE') AS "mayCreateSchema",
           coalesce((SELECT pg_has_role(relowner, 'USAGE') FROM pg_class
                      WHERE oid = to_regclass('public.schema_migrations')), true) AS owns`.execute(
    db,
  );
  const [role] = rows;
  if (role === undefined) throw new Error('no row');
  return role;
}

type Missing = { what: string; grant: string };

async function missingGrants(db: Database, { role, mayUseJobs }: Role): Promise<Missing[]> {
  const usage = mayUseJobs
    ? []
    : [{ what: 'use the schema jobs', grant: `GRANT USAGE ON SCHEMA jobs TO ${role};` }];
  // Of all tables in `public` those that belong to the service: its owner's.
  const { rows } = await sql<{ name: string; missing: string[] }>`
    SELECT format('%I.%I', nspname, relname) AS name, missing
      FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace,
           LATERAL (SELECT array_agg(privilege ORDER BY at) AS missing
                      FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) WITH ORDINALITY AS wanted (privilege, at)
                     WHERE NOT has_table_privilege(pg_class.oid, privilege)) AS lacking
     WHERE relkind IN ('r', 'p') AND missing IS NOT NULL AND (nspname = 'jobs' OR nspname = 'public'
       AND relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass('public.schema_migrations')))
     ORDER BY name`.execute(db);
  const byPrivileges = Map.groupBy(rows, ({ missing }) => missing.join(', '));
  const tables = [...byPrivileges].map(([privileges, of]) => {
    const names = of.map(({ name }) => name).join(', ');
    return {
      what: `${privileges} on ${names}`,
      grant: `GRANT ${privileges} ON ${names} TO ${role};`,
    };
  });
  return [...usage, ...tables];
}

function excess({ role, isSuperuser }: Role): Found[] {
  if (!isSuperuser) return [];
  const advice = `Give the service a role of its own: CREATE ROLE adl LOGIN PASSWORD '…', and the tables to it`;
  return [
    warning(`${role} is a superuser: who takes the service over has the whole server`, advice),
  ];
}

/** The service runs without these, an upgrade does not. */
function upgradeFaults({ role, database, mayCreate, mayCreateSchema, owns }: Role): Found[] {
  const elsewhere = 'or run adl migrate as the owner of the tables, before the upgrade';
  const faults: Found[] = [];
  if (!owns)
    faults.push(
      warning(
        `${role} does not own the tables: it cannot upgrade them`,
        `Nothing, ${elsewhere.slice(3)}`,
      ),
    );
  else if (!mayCreate)
    faults.push(
      warning(
        `${role} may not create tables: it cannot upgrade`,
        `GRANT CREATE ON SCHEMA public TO ${role}; ${elsewhere}`,
      ),
    );
  if (owns && !mayCreateSchema)
    faults.push(
      warning(
        `${role} may not create extensions and schemas: it cannot upgrade`,
        `GRANT CREATE ON DATABASE ${database} TO ${role}; ${elsewhere}`,
      ),
    );
  return faults;
}
