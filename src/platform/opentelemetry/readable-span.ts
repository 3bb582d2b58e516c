import { type Link, type SpanContext, type SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { type InstrumentationScope, millisToHrTime } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import type { Attributes } from '../tracing/tracing.ts';

type Origin = { resource: Resource; instrumentationScope: InstrumentationScope };

/** A span that is over; times in milliseconds since 1970. */
type Finished = {
  name: string;
  kind: SpanKind;
  context: SpanContext;
  parent: SpanContext | undefined;
  links: Link[];
  attributes: Attributes;
  isError: boolean;
  startedAt: number;
  endedAt: number;
};

/**
 * As the library's processors take it. Plain data, because starting and ending a span of the
 * library takes several times as long. The limit on the length of attributes does not apply: the
 * caller keeps them short.
 */
export function readableSpan(
  { context, parent, isError, startedAt, endedAt, ...finished }: Finished,
  { resource, instrumentationScope }: Origin,
): ReadableSpan {
  return {
    ...finished,
    spanContext: () => context,
    ...(parent && { parentSpanContext: parent }),
    startTime: millisToHrTime(startedAt),
    endTime: millisToHrTime(endedAt),
    duration: millisToHrTime(endedAt - startedAt),
    ended: true,
    status: { code: isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    events: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
    resource,
    instrumentationScope,
  };
}
