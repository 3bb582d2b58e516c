declare module '../../platform/database/database.ts' {
  interface Tables {
    throttles: ThrottleRow;
  }
}

export type ThrottleRow = { policy: string; key_hash: Buffer; count: number; resets_at: Date };
