import type { FastifyInstance } from 'fastify';

/**
 * Collects routes as they are added. The returned function gives the methods of a path, with or
 * without a trailing slash; none for an unknown path. A literal route wins over a parameter:
 * `/api/admins/users` does not match `/api/admins/:id`.
 */
export function collectAllowedMethods(app: FastifyInstance): (path: string) => string[] {
  const methodsByUrl = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return;
    const methods = methodsByUrl.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    methodsByUrl.set(url, methods);
  });
  return (path) => {
    const parts = path.replace(/(.)\/$/, '$1').split('/');
    const matching = [...methodsByUrl].filter(([url]) => matches(url.split('/'), parts));
    const fewestBlanks = Math.min(...matching.map(([url]) => blanksOf(url)));
    const closest = matching.filter(([url]) => blanksOf(url) === fewestBlanks);
    const methods = new Set(closest.flatMap(([, methodsOfUrl]) => [...methodsOfUrl]));
    return methods.size === 0 ? [] : [...methods.add('OPTIONS')].toSorted();
  };
}

function matches(pattern: string[], path: string[]): boolean {
  if (pattern.at(-1) === '*')
    return (
      path.length >= pattern.length &&
      matches(pattern.slice(0, -1), path.slice(0, pattern.length - 1))
    );
  return (
    pattern.length === path.length &&
    pattern.every(
      (part, index) => (part.startsWith(':') && path[index] !== '') || part === path[index],
    )
  );
}

function blanksOf(url: string): number {
  return url.split('/').filter((part) => part.startsWith(':') || part === '*').length;
}
