#!/bin/sh
# nginx in front of the two servers, which takes up a renewed certificate within a minute.
set -eu

TLS_CERTIFICATE=${TLS_CERTIFICATE:-/secrets/proxy/certificate.pem}
TLS_KEY=${TLS_KEY:-/secrets/proxy/key.pem}
NGINX_RUN=${NGINX_RUN:-/run/nginx}
ACCESS_LOG=${ACCESS_LOG:-/dev/stdout}
ERROR_LOG=${ERROR_LOG:-/dev/stderr}
export TLS_CERTIFICATE TLS_KEY NGINX_RUN ACCESS_LOG ERROR_LOG

"$(dirname "$0")/../nginx/render.sh" "$NGINX_RUN/conf"

reload_when_renewed() {
  known=$(sha256sum "$TLS_CERTIFICATE")
  while sleep "${RENEWAL_SECONDS:-60}" && kill -0 "$1" 2>/dev/null; do
    now=$(sha256sum "$TLS_CERTIFICATE") || continue
    if [ "$now" != "$known" ] && kill -HUP "$1"; then known=$now; fi
  done
}
# This shell becomes nginx, so its process id is already known.
reload_when_renewed $$ &
exec nginx -e stderr -c "$NGINX_RUN/conf/nginx.conf" -g 'daemon off;'
