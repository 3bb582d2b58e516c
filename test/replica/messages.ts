import type { InjectedAnswer, InjectedRequest } from '../api.ts';
import type { Overrides } from '../start-app.ts';

/** What the process of the tests asks its replica. */
export type Order =
  | { kind: 'prepare' | 'reloadKeys' | 'tidyUp'; overrides: Overrides; seconds: number }
  | { kind: 'answer'; overrides: Overrides; seconds: number; request: InjectedRequest };

/** What it did, and what came of that beside the answer. */
export type Report = {
  answer: InjectedAnswer | null;
  lines: string[];
  executed: string[];
  hashes: number;
};

export type Reply = { id: number } & ({ report: Report } | { failure: string });
