/** How people prove who they are (RFC 8176): `swk` is a recovery code, `user` a verified person. */
const proofMethods = ['pwd', 'otp', 'swk', 'hwk', 'user', 'fed', 'email'] as const;

export type ProofMethod = (typeof proofMethods)[number];

/** What a session knows of how it was opened. */
export type SessionProof = {
  methods: readonly ProofMethod[];
  /** When the person last proved who they are in this session. */
  authenticatedAt: Date;
  /** 2: two factors, or a passkey that verified its user. */
  level: 1 | 2;
};

/** Ages in seconds by the database clock; negative after that was set back. Null: never. */
export type CallerProof = SessionProof & {
  ageSeconds: number;
  /** Since a second factor was shown. */
  factorAgeSeconds: number | null;
  /** Since `reauthenticate` took what a thief of the session cannot have added to the account. */
  renewalAgeSeconds: number | null;
};

const ofPossession: readonly ProofMethod[] = ['otp', 'swk', 'hwk'];

/** Whether something was shown that only the owner's devices or recovery codes can show. */
export function showsSecondFactor(methods: readonly ProofMethod[]): boolean {
  return methods.some((method) => ofPossession.includes(method));
}

export function levelOf(methods: readonly ProofMethod[]): 1 | 2 {
  const isMore = methods.some((method) => !ofPossession.includes(method));
  return showsSecondFactor(methods) && isMore ? 2 : 1;
}

/** As the row has them: words with a space between, each once. */
export function writeMethods(methods: readonly ProofMethod[]): string {
  return proofMethods.filter((method) => methods.includes(method)).join(' ');
}

export function readMethods(text: string): ProofMethod[] {
  const words = text.split(' ');
  return proofMethods.filter((method) => words.includes(method));
}

type ProofColumns = {
  methods: string;
  authenticated_at: Date | null;
  level: number;
  created_at: Date;
};

export function readProof(row: ProofColumns): SessionProof {
  return {
    methods: readMethods(row.methods),
    authenticatedAt: row.authenticated_at ?? row.created_at,
    level: row.level === 2 ? 2 : 1,
  };
}
