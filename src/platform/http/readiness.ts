/** Where the process stands in its life; `/health/ready` and the drain read it. */
export type Readiness = { phase: 'starting' | 'serving' | 'draining' };
