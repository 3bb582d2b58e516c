import type { Dependencies } from '../domain/dependencies.ts';
import type { Assembly } from './part.ts';
import type { RequestLimits } from './request-limits.ts';

/** Everything that the process opens at startup. */
export type AppDependencies = Dependencies & { limits: RequestLimits };

export type RouteDependencies = AppDependencies & Assembly;
