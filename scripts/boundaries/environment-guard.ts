import { lineAt } from './source-file.ts';
import { type Guard, productionFiles } from './tree.ts';

const ways = [
  /\bprocess\s*\??\.\s*env\b/g,
  /\bprocess\s*\??\.?\s*\[/g,
  /\bprocess\s*\.\s*loadEnvFile\b/g,
  /\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b/g,
];

export const environmentGuard: Guard = {
  rule: 'only src/configuration/config.ts reads the environment',
  why: 'A variable read elsewhere is not checked at start, not in .env.example, and cannot be set by a test.',
  findFaults: (tree) =>
    productionFiles(tree)
      .filter(({ path }) => path !== 'src/configuration/config.ts')
      .flatMap(({ path, code, literals }) => [
        ...ways.flatMap((way) =>
          [...code.matchAll(way)].map((match) => `${path}:${lineAt(code, match.index)}`),
        ),
        // Under the name of an import, `env` would escape the patterns above.
        ...literals
          .filter(
            ({ text, start }) => /^(node:)?process$/.test(text) && /\bfrom\s*$/.test(code.slice(0, start)),
          )
          .map(({ start }) => `${path}:${lineAt(code, start)} imports node:process: use the global`),
      ]),
};
