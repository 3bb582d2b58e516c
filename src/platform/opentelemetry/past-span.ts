import { type Span, type SpanContext, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { type InstrumentationScope, millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { RandomIdGenerator, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Attributes } from '../tracing/tracing.ts';

type Origin = { resource: Resource; instrumentationScope: InstrumentationScope };

type Past = { name: string; attributes: Attributes; startedAt: number; endedAt: number };

const ids = new RandomIdGenerator();

/**
 * A call to another system that is over, within another span; times in milliseconds since 1970. As
 * data for the processor: beginning and ending a span of the library takes several times as long.
 */
export function pastSpan(
  within: Span,
  { name, attributes, startedAt, endedAt }: Past,
  { resource, instrumentationScope }: Origin,
): ReadableSpan {
  const parentSpanContext = within.spanContext();
  const { traceId, traceFlags } = parentSpanContext;
  const context: SpanContext = { traceId, traceFlags, spanId: ids.generateSpanId() };
  return {
    name,
    kind: SpanKind.CLIENT,
    spanContext: () => context,
    parentSpanContext,
    startTime: millisToHrTime(startedAt),
    endTime: millisToHrTime(endedAt),
    duration: millisToHrTime(endedAt - startedAt),
    ended: true,
    status: { code: SpanStatusCode.UNSET },
    attributes,
    links: [],
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource,
    instrumentationScope,
  };
}
