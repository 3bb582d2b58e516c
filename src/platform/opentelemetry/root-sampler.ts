import { type Sampler, SamplingDecision } from '@opentelemetry/sdk-trace';

/**
 * Records a share of the traces that begin here. By chance, not by the id of the trace: whoever can
 * choose an id could otherwise choose to be recorded.
 */
export function createRootSampler(share: number): Sampler {
  return {
    shouldSample: () => ({
      decision:
        Math.random() < share ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.NOT_RECORD,
    }),
    toString: () => `RootSampler{${share}}`,
  };
}
