#!/bin/sh
# The health check of nginx: a server behind it answers over https.
exec curl --silent --fail --insecure --output /dev/null --max-time 4 \
  --resolve "$PUBLIC_HOST:${HTTPS_PORT:-443}:127.0.0.1" "https://$PUBLIC_HOST:${HTTPS_PORT:-443}/health/live"
