import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../../../client/src/client.ts';

export type AskedProof = {
  /** What the account can prove itself with. */
  methods: readonly string[];
  answer: (isProven: boolean) => void;
};

let show: ((asked: AskedProof) => void) | null = null;

/** Nobody proved who they are, so nothing was done; no fault to report. */
export class ProofWithheld extends Error {}

/**
 * Does what may need a recent proof: where the service asks for one, a dialog does, and it is done
 * after all. Throws `ProofWithheld` if the dialog was closed.
 */
export async function withProof<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError) || error.reason !== 'reauthentication_required') throw error;
    if (show === null || error.methods.length === 0) throw error;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    show({ methods: error.methods, answer: resolve });
    if (!(await promise)) throw new ProofWithheld();
    return work();
  }
}

/** What is asked for at the moment, for the dialog. */
export function useAskedProof(): AskedProof | null {
  const [asked, setAsked] = useState<AskedProof | null>(null);
  useEffect(() => {
    show = (next) =>
      setAsked({
        methods: next.methods,
        answer: (isProven) => {
          setAsked(null);
          next.answer(isProven);
        },
      });
    return () => {
      show = null;
    };
  }, []);
  return asked;
}
