import type { Dependencies } from '../domain/dependencies.ts';
import type { Assembly } from './part.ts';
import type { RequestLimits } from './request-limits.ts';

/** All that the process opens at its start. */
export type AppDependencies = Dependencies & { limits: RequestLimits };

/** What the routes of a part are given. */
export type RouteDependencies = AppDependencies & Assembly;
