import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outage-log.ts';

type Options = { tracesUrl: string; headers: Record<string, string> };

const exportMilliseconds = 5000;

/** Sends spans as JSON. A receiver that does not take them is one line when it goes, and one when it is back. */
export function openExporter({ tracesUrl, headers }: Options, logger: Logger): SpanExporter {
  const exporter = new OTLPTraceExporter({
    url: tracesUrl,
    headers,
    timeoutMillis: exportMilliseconds,
    concurrencyLimit: 2,
  });
  const outage = createOutageLog(logger, {
    dependency: 'traces',
    away: 'traces: the receiver does not take spans; they are dropped',
    back: 'traces: the receiver takes spans again',
  });
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error === undefined && result.code === 0) outage.succeeded();
        else outage.failed(result.error ?? new Error('not taken'));
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
