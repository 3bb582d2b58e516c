/** What a span may say: no value of a person, and no parameter of a statement. */
export type Attributes = Record<string, string | number>;

export type RequestSpan = {
  /** The answer was sent. `route` is the template, null where no route matched. */
  end(answer: { route: string | null; status: number }): void;
};

type NewRequest = {
  method: string;
  requestId: string;
  /** `traceparent` as it came, if it is well-formed. */
  traceparent: string | null;
  /** Continue the caller's trace, with its decision whether to record it. */
  isParentTrusted: boolean;
};

/**
 * Implemented with OpenTelemetry by `platform/opentelemetry`, which loads it only where it is
 * configured.
 */
export type Tracing = {
  /** Runs the rest of the request in its span. */
  beginRequest(request: NewRequest, rest: (span: RequestSpan) => void): void;
  /** Runs the work in a span of the current trace. */
  run<T>(name: string, attributes: Attributes, work: () => Promise<T>): Promise<T>;
  /**
   * The same for work that begins a trace of its own, or goes on with the one that asked for it.
   */
  runJob<T>(name: string, traceparent: string | null, work: () => Promise<T>): Promise<T>;
  /** A span of the current trace that is over: how long it took, and how long ago it ended. */
  record(
    name: string,
    attributes: Attributes,
    took: { milliseconds: number; endedAgo?: number },
  ): void;
  /** Of the current span. */
  traceparent(): string | null;
  /** Sends what waits, for a few seconds at most. */
  close(): Promise<void>;
};

let current: Tracing | null = null;

/** From now on, in the whole process; null ends it. */
export function setTracing(tracing: Tracing | null): void {
  current = tracing;
}

/** Null where traces are not configured. */
export function currentTracing(): Tracing | null {
  return current;
}

export function traced<T>(
  name: string,
  work: () => Promise<T>,
  attributes: Attributes = {},
): Promise<T> {
  return current === null ? work() : current.run(name, attributes, work);
}
