import { type Span, type SpanContext, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { type InstrumentationScope, millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { RandomIdGenerator, type ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Attributes } from '../tracing/tracing.ts';

type Origin = { resource: Resource; instrumentationScope: InstrumentationScope };

type Finished = { name: string; attributes: Attributes; startedAt: number; endedAt: number };

const ids = new RandomIdGenerator();

/**
 * A finished part of another span, such as a statement; times in milliseconds since 1970. Plain
 * data, because starting and ending a span of the library takes several times as long. The limit on
 * the length of attributes does not apply: the caller keeps them short.
 */
export function finishedSpan(
  within: Span,
  { name, attributes, startedAt, endedAt }: Finished,
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
