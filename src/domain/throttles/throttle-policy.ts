/** At most `limit` in a fixed window that begins with the first. */
export type ThrottlePolicy = {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
};
