import type { FastifyInstance } from 'fastify';

/**
 * Collects routes as they are added. The returned function gives the methods of a path, with or
 * without a trailing slash; none for an unknown path. A literal route wins over a parameter:
 * `/api/admins/users` does not match `/api/admins/:id`.
 */
export function collectAllowedMethods(app: FastifyInstance): (path: string) => string[] {
  const routes = new Map<string, Route>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url === '*') return;
    const route = routes.get(url) ?? routeOf(url);
    for (const one of [method].flat()) route.methods.add(one);
    routes.set(url, route);
  });
  return (path) => {
    const parts = path.replace(/(.)\/$/, '$1').split('/');
    const matching = [...routes.values()].filter((route) => matches(route.parts, parts));
    const fewestBlanks = Math.min(...matching.map(({ blanks }) => blanks));
    const closest = matching.filter(({ blanks }) => blanks === fewestBlanks);
    const methods = new Set(closest.flatMap((route) => [...route.methods]));
    return methods.size === 0 ? [] : [...methods.add('OPTIONS')].toSorted();
  };
}

/** Split once: every request of a route with a parameter is compared with all of them. */
type Route = { parts: string[]; blanks: number; methods: Set<string> };

function routeOf(url: string): Route {
  const parts = url.split('/');
  const blanks = parts.filter((part) => part.startsWith(':') || part === '*').length;
  return { parts, blanks, methods: new Set() };
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
