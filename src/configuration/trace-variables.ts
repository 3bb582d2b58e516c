import { z } from 'zod';
import { address, cidrs, variable } from './config-fields.ts';

export const traceVariables = {
  OTEL_EXPORTER_OTLP_ENDPOINT: address(
    ['http', 'https'],
    'Receiver of traces, by OTLP over HTTP. The other OTEL_EXPORTER_OTLP_ variables, such as the one for headers, work as OpenTelemetry describes.',
    'none: no traces',
  ),
  OTEL_SERVICE_NAME: variable(
    z
      .string()
      .regex(/^[\w.-]{1,100}$/, 'must be a name')
      .prefault('adl'),
    'Name of the service in traces.',
    'adl',
  ),
  OTEL_TRACES_SAMPLER_ARG: variable(
    z
      .string()
      .regex(/^(0(\.\d{1,6})?|1(\.0+)?)$/, 'must be a number from 0 to 1')
      .transform(Number)
      .prefault('1'),
    'Share of the traces that are recorded, from 0 to 1.',
    '1',
  ),
  TRACEPARENT_ALLOW: cidrs(
    '',
    'CIDR list of the clients whose traces are continued, and recorded if they say so; to traces of others there is a link.',
  ),
};
