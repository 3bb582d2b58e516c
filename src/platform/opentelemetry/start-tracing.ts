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
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  SamplingDecision,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from '../logging/logger.ts';
import type { RequestSpan, Tracing } from '../tracing/tracing.ts';
import { openExporter } from './open-exporter.ts';
import { readableSpan } from './readable-span.ts';
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

const ids = new RandomIdGenerator();

/** Of the library, or of a request. */
type Current = Pick<Span, 'spanContext' | 'isRecording'>;

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
  const sampler = new ParentBasedSampler({ root: createRootSampler(options.share) });
  const provider = new TracerProvider({
    resource,
    sampler,
    spanProcessors: [processor],
    spanLimits: { attributeValueLengthLimit: 2000, linkCountLimit: 4 },
  });
  const scope = { name: 'adl', version: options.version };
  const origin = { resource, instrumentationScope: scope };
  const tracer = provider.getTracer(scope.name, scope.version);

  /** The span of the current work. The library's contexts cost more than all spans of a request. */
  const current = new AsyncLocalStorage<Current>();

  const currentContext = (): Context => contextOf(current.getStore()?.spanContext());

  /** Says, too, whether the span is recorded. */
  const identify = (name: string, kind: SpanKind, parent: SpanContext | undefined): SpanContext => {
    const traceId = parent?.traceId ?? ids.generateTraceId();
    const { decision } = sampler.shouldSample(contextOf(parent), traceId, name, kind, {}, []);
    const traceFlags =
      decision === SamplingDecision.RECORD_AND_SAMPLED ? TraceFlags.SAMPLED : TraceFlags.NONE;
    return { traceId, spanId: ids.generateSpanId(), traceFlags };
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
      const caller = traceparent === null ? undefined : parse(traceparent);
      const parent = isParentTrusted ? caller : undefined;
      const context = identify(method, SpanKind.SERVER, parent);
      const isRecorded = isSampled(context);
      const startedAt = Date.now();
      const begun = performance.now();
      const end: RequestSpan['end'] = ({ route, status }) => {
        if (!isRecorded) return;
        const finished = {
          name: route === null ? method : `${method} ${route}`,
          kind: SpanKind.SERVER,
          context,
          parent,
          links: caller !== undefined && parent === undefined ? [{ context: caller }] : [],
          attributes: {
            'http.request.method': method,
            'adl.request_id': requestId,
            ...(route !== null && { 'http.route': route }),
            'http.response.status_code': status,
          },
          isError: status >= 500,
          startedAt,
          endedAt: startedAt + performance.now() - begun,
        };
        processor.onEnd(readableSpan(finished, origin));
      };
      const span = { spanContext: () => context, isRecording: () => isRecorded };
      current.run(span, rest, { end });
    },
    run: (name, attributes, work) =>
      runIn(tracer.startSpan(name, { attributes }, currentContext()), work),
    runJob: (name, traceparent, work) => {
      const caller = traceparent === null ? undefined : parse(traceparent);
      const parent = caller === undefined ? currentContext() : contextOf(caller);
      return runIn(tracer.startSpan(name, { kind: SpanKind.CONSUMER }, parent), work);
    },
    record: (name, attributes, { milliseconds, endedAgo = 0 }) => {
      const span = current.getStore();
      if (span?.isRecording() !== true) return;
      const parent = span.spanContext();
      const endedAt = Date.now() - endedAgo;
      const finished = {
        name,
        kind: SpanKind.CLIENT,
        context: { ...parent, spanId: ids.generateSpanId() },
        parent,
        links: [],
        attributes,
        isError: false,
        startedAt: endedAt - milliseconds,
        endedAt,
      };
      processor.onEnd(readableSpan(finished, origin));
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

function contextOf(span: SpanContext | undefined): Context {
  return span === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, span);
}

function isSampled({ traceFlags }: SpanContext): boolean {
  return (traceFlags & TraceFlags.SAMPLED) !== 0;
}

function parse(traceparent: string): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = traceparent.split('-');
  const parsed = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
  };
  return trace.isSpanContextValid(parsed) ? parsed : undefined;
}

function format({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
