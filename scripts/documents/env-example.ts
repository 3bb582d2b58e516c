export type ConfigVariable = { name: string; default: string; description: string };

/**
 * `.env.example`: every variable in the schema's order, commented out, so that a copy of it changes
 * nothing.
 */
export function envExample(variables: readonly ConfigVariable[]): string {
  const head =
    '# Every variable with its default. Copy to .env and take the # off what you change; empty is not set.\n';
  return [head, ...variables.map(entry)].join('\n');
}

function entry({ name, default: shown, description }: ConfigVariable): string {
  const value = isValue(shown) ? shown : '';
  const words = shown === value || shown === 'none' ? '' : `# Default: ${shown}\n`;
  return `# ${description}\n${words}#${name}=${value}\n`;
}

/** Not so the words about a default, such as `cores / WEB_CONCURRENCY`. */
function isValue(shown: string): boolean {
  return !/^none\b|[<>]|: | \/ /.test(shown);
}
