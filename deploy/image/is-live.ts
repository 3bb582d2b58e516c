/**
 * The health check of the image: exit 0 if the process answers. Without its database it is alive
 * but not ready; a new container would not bring that back.
 */
const port = process.env.PORT ?? '8000';
const answer = await fetch(`http://127.0.0.1:${port}/health/live`, {
  signal: AbortSignal.timeout(2500),
}).catch(() => null);
process.exitCode = answer?.ok ? 0 : 1;
