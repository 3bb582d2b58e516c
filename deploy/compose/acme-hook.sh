#!/bin/sh
# Called by dehydrated: `deploy_cert DOMAIN KEY CERTIFICATE FULL_CHAIN …` puts a new certificate where nginx reads it.
set -eu
[ "${1:-}" = deploy_cert ] || exit 0
umask 077
target=${PROXY_SECRETS:-/secrets/proxy}
cp "$3" "$target/key.pem.new"
cp "$5" "$target/certificate.pem.new"
# nginx looks at the certificate, so the key comes first.
mv "$target/key.pem.new" "$target/key.pem"
mv "$target/certificate.pem.new" "$target/certificate.pem"
