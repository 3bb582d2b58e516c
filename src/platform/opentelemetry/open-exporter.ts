import { ExportResultCode } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import type { Logger } from '../logging/logger.ts';
import { createOutageLog } from '../logging/outage-log.ts';

const exportMilliseconds = 5000;

/**
 * Sends spans as JSON; the library reads the address and its headers from the environment. A
 * receiver that does not take them is one line when it goes, and one when it is back.
 */
export function openExporter(logger: Logger): SpanExporter {
  const exporter = new OTLPTraceExporter({
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
        if (result.code === ExportResultCode.SUCCESS) outage.succeeded();
        else outage.failed(result.error ?? new Error('not taken'));
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}
