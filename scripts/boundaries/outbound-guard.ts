import { before, lineAt, type SourceFile } from './source-file.ts';
import { type Guard, productionFiles } from './tree.ts';

/** Modules that open connections, or start what may, with what of them does not. */
const modules: Record<string, readonly string[]> = {
  http: ['STATUS_CODES', 'METHODS'],
  https: [],
  http2: [],
  net: ['isIP', 'isIPv4', 'isIPv6'],
  tls: [],
  dgram: [],
  dns: [],
  'dns/promises': [],
  child_process: [],
  undici: [],
  axios: [],
  got: [],
  ws: [],
  pg: [],
  ioredis: [],
  redis: [],
  nodemailer: [],
};

/** Where the service calls, each address from the configuration alone; the reason says which. */
export type CallingFiles = Record<string, string>;

export function outboundGuard(callingFiles: CallingFiles): Guard {
  return {
    rule: 'only the files named in scripts/check-boundaries.ts open a connection to anywhere',
    why: 'A feature that calls an address that a request named can be sent to any host inside (SSRF, case I20).',
    findFaults: (tree) =>
      productionFiles(tree)
        .filter(({ path }) => !(path in callingFiles))
        .flatMap((file) => [...importedConnections(file), ...globalCalls(file)]),
  };
}

function importedConnections(file: SourceFile): string[] {
  return file.literals
    .filter((literal) => {
      const harmless = modules[literal.text.replace(/^node:/, '')];
      return harmless !== undefined && takesMore(before(file.code, literal), harmless);
    })
    .map(({ start, text }) => `${file.path}:${lineAt(file.code, start)} imports ${text}`);
}

/** Whether the code that leads up to a module's name imports a value of it beside the harmless ones. */
function takesMore(lead: string, harmless: readonly string[]): boolean {
  if (/\b(?:import|require|getBuiltinModule)\s*\($/.test(lead)) return true;
  const clause = /\b(?:import|export)\b((?:(?!\b(?:import|export)\b)[^;])*?)\bfrom$/.exec(lead)?.[1]?.trim();
  if (clause === undefined) return /\bimport$/.test(lead);
  if (/^type\b/.test(clause)) return false;
  const names = /^\{([^}]*)\}$/.exec(clause)?.[1];
  if (names === undefined) return true;
  return names
    .split(',')
    .map((name) => name.trim())
    .some((name) => name !== '' && !name.startsWith('type ') && !harmless.includes(name));
}

/** What needs no import. */
const callers =
  /(?<![\w$.#]|\basync\s|\bfunction\s)(?:globalThis\s*\.\s*)?(?:fetch|WebSocket|EventSource)\b\s*[(;,)\]]/g;

function globalCalls({ path, code }: SourceFile): string[] {
  return [...code.matchAll(callers)].map(
    (match) => `${path}:${lineAt(code, match.index)} calls ${match[0].replace(/\W+$/, '')}`,
  );
}
