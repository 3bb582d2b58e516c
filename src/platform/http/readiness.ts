/** The lifecycle phase of the process, used by `/health/ready` and the shutdown. */
export type Readiness = {
  phase: 'starting' | 'serving' | 'draining';
  /** By how much the database's clock is ahead, once it was measured. */
  clockSkewSeconds?: () => number;
};
