/** Why there is no passkey: in words by `describeProblem`. */
export type FailedCeremony = 'cancelled' | 'known' | 'unsuitable' | 'failed';

export class PasskeyFailure extends Error {
  readonly kind: FailedCeremony;

  constructor(kind: FailedCeremony, cause: unknown) {
    super(kind, { cause });
    this.name = 'PasskeyFailure';
    this.kind = kind;
  }
}
