#!/bin/sh
# Writes nginx.conf and adl/ into a directory, which nginx then reads with `-c DIRECTORY/nginx.conf`.
#
#     PUBLIC_HOST=accounts.example.com TLS_CERTIFICATE=… TLS_KEY=… REPLICAS='127.0.0.1:8001 127.0.0.1:8002' render.sh DIRECTORY
set -eu

fail() {
  echo "nginx: failed - $1" >&2
  exit 1
}

[ $# -eq 1 ] || fail 'render.sh takes one argument, the directory to write to'
target=$1
source=$(dirname "$0")

LISTEN_ADDRESSES=${LISTEN_ADDRESSES:-* [::]}
HTTP_PORT=${HTTP_PORT:-80}
HTTPS_PORT=${HTTPS_PORT:-443}
NGINX_USER=${NGINX_USER:-www-data}
NGINX_RUN=${NGINX_RUN:-/run}
ACCESS_LOG=${ACCESS_LOG:-/var/log/nginx/access.log}
ERROR_LOG=${ERROR_LOG:-/var/log/nginx/error.log}
ACME_ROOT=${ACME_ROOT:-/var/www/acme}

# A value becomes part of the configuration, so that a `;` in it would be a directive.
check() {
  printf '%s\n' "$2" | grep -Eqx "$3" || fail "$1 $4"
  [ "$(printf '%s\n' "$2" | wc -l)" -eq 1 ] || fail "$1 $4"
}
check PUBLIC_HOST "${PUBLIC_HOST:-}" '[a-z0-9]([a-z0-9.-]*[a-z0-9])?' 'must be the host name of PUBLIC_URL, in lower case'
check TLS_CERTIFICATE "${TLS_CERTIFICATE:-}" '/[A-Za-z0-9._/-]+' 'must be the path of a certificate, with its chain'
check TLS_KEY "${TLS_KEY:-}" '/[A-Za-z0-9._/-]+' 'must be the path of the private key of TLS_CERTIFICATE'
check REPLICAS "${REPLICAS:-}" '[A-Za-z0-9.:-]+:[0-9]+( [A-Za-z0-9.:-]+:[0-9]+)*' 'must be addresses with ports, separated by spaces'
check BALANCERS "${BALANCERS:-}" '([0-9a-f.:]+(/[0-9]+)?( [0-9a-f.:]+(/[0-9]+)?)*)?' 'must be CIDR ranges, separated by spaces'
check LISTEN_ADDRESSES "$LISTEN_ADDRESSES" '[][0-9a-f.:*]+( [][0-9a-f.:*]+)*' 'must be addresses, separated by spaces'
check HTTP_PORT "$HTTP_PORT" '[0-9]+' 'must be a port'
check HTTPS_PORT "$HTTPS_PORT" '[0-9]+' 'must be a port'
check NGINX_USER "$NGINX_USER" '[a-z_][a-z0-9_-]*' 'must be the name of a user'
for path in "$NGINX_RUN" "$ACCESS_LOG" "$ERROR_LOG" "$ACME_ROOT"; do
  check 'NGINX_RUN, ACCESS_LOG, ERROR_LOG and ACME_ROOT' "$path" '/[A-Za-z0-9._/-]+' 'must be absolute paths'
done

# each FORMAT VALUE…: the format with each value, one a line.
each() {
  format=$1
  shift
  for value in "$@"; do printf "$format\n" "$value"; done
}

set -f
replicas=$(each '    server %s max_fails=0;' $REPLICAS)
balancers=
if [ -n "${BALANCERS:-}" ]; then
  balancers=$(each '  set_real_ip_from %s;' $BALANCERS)
  balancers="$balancers
  real_ip_header X-Forwarded-For;
  real_ip_recursive on;"
fi
suffix=
[ "$HTTPS_PORT" = 443 ] || suffix=":$HTTPS_PORT"
set +f

mkdir -p "$target/adl" "$NGINX_RUN"
cp "$source"/adl/*.conf "$target/adl/"

# insert NAME TEXT: the lines of TEXT in place of the line @NAME@, from standard input to standard output.
insert() {
  text=$2 awk -v name="@$1@" '$0 == name { if (ENVIRON["text"] != "") print ENVIRON["text"]; next } { print }'
}
set -f
sed -e "s|@USER@|$NGINX_USER|" -e "s|@RUN@|$NGINX_RUN|" \
  -e "s|@ACCESS_LOG@|$ACCESS_LOG|" -e "s|@ERROR_LOG@|$ERROR_LOG|" -e "s|@ACME_ROOT@|$ACME_ROOT|" \
  -e "s|@HOST@|$PUBLIC_HOST|g" -e "s|@HTTPS_PORT_SUFFIX@|$suffix|" \
  -e "s|@CERTIFICATE@|$TLS_CERTIFICATE|" -e "s|@CERTIFICATE_KEY@|$TLS_KEY|" "$source/nginx.conf.template" |
  insert REPLICAS "$replicas" |
  insert BALANCERS "$balancers" |
  insert LISTEN_TLS_DEFAULT "$(each "    listen %s:$HTTPS_PORT ssl http2 default_server;" $LISTEN_ADDRESSES)" |
  insert LISTEN_TLS "$(each "    listen %s:$HTTPS_PORT ssl http2;" $LISTEN_ADDRESSES)" |
  insert LISTEN_PLAIN_DEFAULT "$(each "    listen %s:$HTTP_PORT default_server;" $LISTEN_ADDRESSES)" |
  insert LISTEN_PLAIN "$(each "    listen %s:$HTTP_PORT;" $LISTEN_ADDRESSES)" >"$target/nginx.conf.new"
# Where it was there before, nginx may be reading it.
mv "$target/nginx.conf.new" "$target/nginx.conf"
