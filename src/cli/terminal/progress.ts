import { progress as openBar } from '@clack/prompts';

export type Progress = { at(bytes: number): void; close(): void };

const steps = 100;

/**
 * A bar on standard error, or nothing where that is no terminal or the size of the input is not
 * known.
 */
export function openProgress(totalBytes: number | undefined): Progress {
  if (!process.stderr.isTTY || !totalBytes) return { at: () => {}, close: () => {} };
  let bar: ReturnType<typeof openBar> | null = null;
  let shown = 0;
  return {
    at: (bytes) => {
      if (bar === null) {
        bar = openBar({ max: steps, output: process.stderr });
        bar.start('0 %');
      }
      const step = Math.min(steps, Math.floor((bytes / totalBytes) * steps));
      if (step > shown) bar.advance(step - shown, `${step} %`);
      shown = Math.max(step, shown);
    },
    close: () => bar?.stop(`${shown} %`),
  };
}
