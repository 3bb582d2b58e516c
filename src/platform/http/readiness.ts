/** The lifecycle phase of the process, used by `/health/ready` and the shutdown. */
export type Readiness = { phase: 'starting' | 'serving' | 'draining' };
