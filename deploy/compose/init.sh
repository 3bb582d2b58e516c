#!/bin/sh
# What the services of compose.yaml read from the volume `secrets`: made once, kept at every other start. Each has a
# directory that only its account can open.
set -eu
umask 077

secrets=${SECRETS:-/secrets}
given=${GIVEN:-/given}
here=$(dirname "$0")
proxy=33 server=1000 postgres=999 redis=10001 mail=10002 grafana=472

fail() {
  printf '%s: failed - %s\n' "$1" "$2" >&2
  exit 1
}

# keep NAME COMMAND…: what the command prints becomes a secret, the first time. Only root reads it here.
keep() {
  file=$secrets/own/$1
  shift
  [ -s "$file" ] && return
  "$@" >"$file.new"
  mv "$file.new" "$file"
}

# give ACCOUNT FILE: standard input becomes a file of that account, if it is not already.
give() {
  target=$secrets/$2
  mkdir -p "${target%/*}"
  chown "$1:$1" "${target%/*}"
  cat >"$target.new"
  [ -s "$target.new" ] || fail secrets "nothing to put into $2"
  if cmp -s "$target.new" "$target"; then
    rm "$target.new"
  else
    chown "$1:$1" "$target.new"
    mv "$target.new" "$target"
  fi
}

secret() {
  cat "$secrets/own/$1"
}

# make_certificate NAME DAYS: a key and a self-signed certificate for it.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days "$2" -subj "/CN=$1" \
    -addext "subjectAltName=DNS:$1" -keyout "$secrets/own/$1.key" -out "$secrets/own/$1.pem" 2>/dev/null
}

give_certificate() {
  [ -s "$secrets/own/$1.pem" ] || make_certificate "$1" 3650
  give "$2" "$1/certificate.pem" <"$secrets/own/$1.pem"
  give "$2" "$1/key.pem" <"$secrets/own/$1.key"
}

# is_good_for SECONDS FILE: for the host, and that long.
is_good_for() {
  openssl x509 -in "$2" -noout -checkend "$1" >/dev/null 2>&1 &&
    openssl x509 -in "$2" -noout -checkhost "$PUBLIC_HOST" | grep -q 'does match'
}

# The one given, the one of an authority that `acme` got, or a self-signed one.
set_up_public_certificate() {
  certificate=$given/certificate.pem key=$given/key.pem
  if [ -s "$certificate" ] || [ -s "$key" ]; then
    [ -s "$certificate" ] && [ -s "$key" ] || fail certificate 'TLS_CERTIFICATE and TLS_KEY are needed both, as paths of files'
    is_good_for 0 "$certificate" || fail certificate "TLS_CERTIFICATE is no certificate for $PUBLIC_HOST, or has expired"
    [ "$(openssl x509 -in "$certificate" -noout -pubkey)" = "$(openssl pkey -in "$key" -pubout 2>/dev/null)" ] ||
      fail certificate 'TLS_KEY is not the key of TLS_CERTIFICATE'
    kind=given
  elif is_good_for 0 "$secrets/proxy/certificate.pem" && [ "$(issuer)" != "issuer=CN = $PUBLIC_HOST" ]; then
    printf 'certificate: ok (%s)\n' "$(issuer)"
    return
  else
    certificate=$secrets/own/public.pem key=$secrets/own/public.key
    if ! is_good_for 2592000 "$certificate"; then
      make_certificate "$PUBLIC_HOST" 90
      mv "$secrets/own/$PUBLIC_HOST.pem" "$certificate"
      mv "$secrets/own/$PUBLIC_HOST.key" "$key"
    fi
    kind=self-signed
  fi
  give $proxy proxy/key.pem <"$key"
  give $proxy proxy/certificate.pem <"$certificate"
  printf 'certificate: ok (%s, %s)\n' "$kind" "$(openssl x509 -in "$certificate" -noout -enddate)"
}

issuer() {
  openssl x509 -in "$secrets/proxy/certificate.pem" -noout -issuer
}

printf '%s\n' "$PUBLIC_HOST" | grep -Eqx '[a-z0-9]([a-z0-9.-]*[a-z0-9])?' ||
  fail configuration 'PUBLIC_HOST must be the host name of the service, in lower case'
mkdir -p "$secrets/own"
chmod 755 "$secrets"
set_up_public_certificate

keep secret-key openssl rand -base64 48
keep admin-setup-token openssl rand -hex 24
keep superuser-password openssl rand -hex 24
keep database-password openssl rand -hex 24
keep redis-password openssl rand -hex 24
keep grafana-password openssl rand -hex 12

give_certificate postgres $postgres
give_certificate redis $redis
give_certificate mail $mail

secret superuser-password | give $postgres postgres/superuser-password
secret database-password | give $postgres postgres/database-password
secret grafana-password | give $grafana grafana/admin-password

digest=$(printf %s "$(secret redis-password)" | sha256sum | cut -d ' ' -f 1)
sed "s/@DIGEST@/$digest/" "$here/redis.conf" | give $redis redis/redis.conf

secret secret-key | give $server server/secret-key
secret admin-setup-token | give $server server/admin-setup-token
printf 'postgresql://adl:%s@postgres:5432/adl?sslmode=verify-full\n' "$(secret database-password)" |
  give $server server/database-url
printf 'rediss://adl:%s@redis:6379\n' "$(secret redis-password)" | give $server server/redis-url
cat "$secrets/own/postgres.pem" "$secrets/own/redis.pem" "$secrets/own/mail.pem" | give $server server/authorities.pem
printf 'secrets: ok\n'
