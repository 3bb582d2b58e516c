import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from '../logging/logger.ts';
import type { RequestSpan, Tracing } from '../tracing/tracing.ts';
import { finishedSpan } from './finished-span.ts';
import { openExporter } from './open-exporter.ts';
import { createRootSampler } from './root-sampler.ts';

export type TracingOptions = {
  service: string;
  version: string;
  /** The share of traces that are recorded, from 0 to 1. */
  share: number;
};

/** Spans that wait to be sent; further ones are dropped. */
const mostWaiting = 2048;
const delayMilliseconds = 1000;
const closeMilliseconds = 3000;

/**
 * Records spans and sends them in batches, where the standard variables of OpenTelemetry say. A
 * receiver that is away costs spans and one line.
 */
export function startTracing(options: TracingOptions, logger: Logger): Tracing {
  const resource = detectResources({ detectors: [resourceAttributesEnvDetector] }).merge(
    resourceFromAttributes({
      'service.name': options.service,
      'service.version': options.version,
      'process.pid': process.pid,
    }),
  );
  const processor = new BatchSpanProcessor({
    exporter: openExporter(logger),
    maxQueueSize: mostWaiting,
    scheduledDelayMillis: delayMilliseconds,
  });
  const provider = new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: createRootSampler(options.share) }),
    spanProcessors: [processor],
    spanLimits: { attributeValueLengthLimit: 2000, linkCountLimit: 4 },
  });
  const scope = { name: 'adl', version: options.version };
  const origin = { resource, instrumentationScope: scope };
  const tracer = provider.getTracer(scope.name, scope.version);

  /** The span of the current work. The library's contexts cost more than all spans of a request. */
  const current = new AsyncLocalStorage<Span>();

  const currentContext = (): Context => {
    const span = current.getStore();
    return span === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, span);
  };

  const runIn = async <T>(span: Span, work: () => Promise<T>): Promise<T> => {
    try {
      return await current.run(span, work);
    } catch (error) {
      // The message of an error may hold a value of a person.
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute('error.type', error instanceof Error ? error.name : 'unknown');
      throw error;
    } finally {
      span.end();
    }
  };

  return {
    beginRequest: ({ method, requestId, traceparent, isParentTrusted }, rest) => {
      const caller = traceparent === null ? null : parse(traceparent);
      const parent =
        isParentTrusted && caller ? trace.setSpanContext(ROOT_CONTEXT, caller) : ROOT_CONTEXT;
      const links = caller !== null && !isParentTrusted ? [{ context: caller }] : [];
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, links }, parent);
      span.setAttribute('http.request.method', method).setAttribute('adl.request_id', requestId);
      current.run(span, rest, requestSpan(span, method));
    },
    run: (name, attributes, work) =>
      runIn(tracer.startSpan(name, { attributes }, currentContext()), work),
    runJob: (name, traceparent, work) => {
      const caller = traceparent === null ? null : parse(traceparent);
      const parent =
        caller === null ? currentContext() : trace.setSpanContext(ROOT_CONTEXT, caller);
      return runIn(tracer.startSpan(name, { kind: SpanKind.CONSUMER }, parent), work);
    },
    record: (name, attributes, { milliseconds, endedAgo = 0 }) => {
      const span = current.getStore();
      if (span?.isRecording() !== true) return;
      const endedAt = Date.now() - endedAgo;
      const finished = { name, attributes, startedAt: endedAt - milliseconds, endedAt };
      processor.onEnd(finishedSpan(span, finished, origin));
    },
    traceparent: () => {
      const active = current.getStore()?.spanContext();
      return active === undefined ? null : format(active);
    },
    close: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, closeMilliseconds);
      await Promise.race([provider.shutdown().catch(() => {}), promise]);
      clearTimeout(timer);
    },
  };
}

function requestSpan(span: Span, method: string): RequestSpan {
  return {
    end: ({ route, status }) => {
      if (route !== null) span.updateName(`${method} ${route}`).setAttribute('http.route', route);
      span.setAttribute('http.response.status_code', status);
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function parse(traceparent: string): SpanContext | null {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const parsed = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
  };
  return trace.isSpanContextValid(parsed) ? parsed : null;
}

function format({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
