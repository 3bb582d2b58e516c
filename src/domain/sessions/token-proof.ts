import type { SessionProof } from './proof.ts';

/** What an access token says of its session, and the key that signs it, read in one statement. */
export type TokenProof = SessionProof & { signingKeyId: string | null };
