#!/bin/sh
# Gets a certificate for PUBLIC_HOST by ACME over nginx's port 80, and renews it a month before its end.
set -eu
umask 077

if [ -z "${ACME_EMAIL:-}" ]; then
  echo 'acme: ok (not wanted; ACME_EMAIL is not set)'
  exit 0
fi
state=${STATE:-/secrets/proxy/acme}
mkdir -p "$state" "${WELL_KNOWN:-/var/www/acme/.well-known/acme-challenge}"
cat >"$state/config" <<CONFIG
BASEDIR="$state"
WELLKNOWN="${WELL_KNOWN:-/var/www/acme/.well-known/acme-challenge}"
CHALLENGETYPE="http-01"
CONTACT_EMAIL="$ACME_EMAIL"
CA="${ACME_DIRECTORY:-letsencrypt}"
KEY_ALGO=prime256v1
HOOK="$(dirname "$0")/acme-hook.sh"
CONFIG

while :; do
  if dehydrated --config "$state/config" --register --accept-terms &&
    dehydrated --config "$state/config" --cron --domain "$PUBLIC_HOST"; then
    echo 'acme: ok'
    sleep 43200
  else
    echo "acme: failed - no certificate. Does $PUBLIC_HOST lead to port 80 of this machine? Trying again in an hour" >&2
    sleep 3600
  fi
done
