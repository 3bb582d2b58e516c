import {
  type Context,
  context,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, ParentBasedSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Logger } from '../logging/logger.ts';
import type { RequestSpan, Tracing } from '../tracing/tracing.ts';
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
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const provider = new TracerProvider({
    resource: detectResources({ detectors: [resourceAttributesEnvDetector] }).merge(
      resourceFromAttributes({
        'service.name': options.service,
        'service.version': options.version,
        'process.pid': process.pid,
      }),
    ),
    sampler: new ParentBasedSampler({ root: createRootSampler(options.share) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: openExporter(logger),
        maxQueueSize: mostWaiting,
        scheduledDelayMillis: delayMilliseconds,
      }),
    ],
    spanLimits: { attributeValueLengthLimit: 2000, linkCountLimit: 4 },
  });
  const tracer = provider.getTracer('adl', options.version);

  const within = <T>(span: Span, parent: Context, work: () => T): T =>
    context.with(trace.setSpan(parent, span), work);

  const runIn = async <T>(span: Span, parent: Context, work: () => Promise<T>): Promise<T> => {
    try {
      return await within(span, parent, work);
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
        isParentTrusted && caller
          ? trace.setSpanContext(context.active(), caller)
          : context.active();
      const links = caller !== null && !isParentTrusted ? [{ context: caller }] : [];
      const span = tracer.startSpan(method, { kind: SpanKind.SERVER, links }, parent);
      span.setAttribute('http.request.method', method).setAttribute('adl.request_id', requestId);
      within(span, parent, () => rest(requestSpan(span, method)));
    },
    run: (name, attributes, work) => {
      const active = context.active();
      return runIn(tracer.startSpan(name, { attributes }, active), active, work);
    },
    runJob: (name, traceparent, work) => {
      const caller = traceparent === null ? null : parse(traceparent);
      const parent =
        caller === null ? context.active() : trace.setSpanContext(context.active(), caller);
      return runIn(tracer.startSpan(name, { kind: SpanKind.CONSUMER }, parent), parent, work);
    },
    record: (name, attributes, { milliseconds, endedAgo = 0 }) => {
      if (trace.getActiveSpan()?.isRecording() !== true) return;
      const end = Date.now() - endedAgo;
      const startTime = end - milliseconds;
      const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime });
      span.setAttributes(attributes).end(end);
    },
    traceparent: () => {
      const active = trace.getActiveSpan()?.spanContext();
      return active === undefined ? null : format(active);
    },
    close: async () => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, closeMilliseconds);
      await Promise.race([provider.shutdown().catch(() => {}), promise]);
      clearTimeout(timer);
      context.disable();
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
