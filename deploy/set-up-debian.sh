#!/bin/sh
# Sets up the whole service on a bare Debian 12 that has nothing else to do: PostgreSQL, Redis, two server
# processes and nginx with https. Run again to upgrade or to change a setting; it keeps secrets and data.
#
#     deploy/set-up-debian.sh accounts.example.com
#
# TLS_CERTIFICATE and TLS_KEY are the paths of a certificate with its chain, and of its key; without them it makes
# a self-signed one. docs/deployment.md says more.
set -eu
umask 022

ports='8001 8002'
settings=/etc/adl
home=/opt/adl
source=$(cd "$(dirname "$0")/.." && pwd)
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

main() {
  host=${1:-}
  require_bare_debian
  install_packages
  # Before anything is changed.
  if [ -n "${TLS_CERTIFICATE:-}${TLS_KEY:-}" ]; then check_certificate "${TLS_CERTIFICATE:-}" "${TLS_KEY:-}"; fi
  create_account
  install_release
  create_secrets
  set_up_postgresql
  set_up_redis
  write_environment
  set_up_certificate
  install_units
  set_up_backup
  set_up_nginx
  if has_systemd; then
    restart_replicas
    check_https
  else
    done_with services "systemd does not run here; at the next boot it starts everything"
  fi
  printf '\nhttps://%s is set up.\nMake the first admin at https://%s/app/setup, with the token in %s\nThen let adl doctor say what is left to do.\n' \
    "$host" "$host" "$settings/secrets/admin-setup-token"
}

done_with() {
  printf '%s: ok (%s)\n' "$1" "$2"
}

fail() {
  printf '%s: failed - %s\n' "$1" "$2" >&2
  exit 1
}

# In a chroot it does not.
has_systemd() {
  [ -d /run/systemd/system ]
}

start() {
  if has_systemd; then
    systemctl enable --quiet "$1"
    systemctl start "$1"
  else
    service "$1" start >/dev/null
  fi
}

require_bare_debian() {
  [ "$(id -u)" -eq 0 ] || fail start 'it needs root. Run it with sudo'
  printf '%s\n' "$host" | grep -Eqx '[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+' ||
    fail start 'the only argument is the host name of the service, such as accounts.example.com'
  [ "$(sed -n 's/^ID=//p' /etc/os-release)" = debian ] || fail start 'this is not Debian'
  [ "$(sed -n 's/^VERSION_ID="\(.*\)"/\1/p' /etc/os-release)" -ge 12 ] || fail start 'Debian is older than 12'
  [ -f "$source/src/main.ts" ] || fail start "$source is not a checkout of the service"
  if [ -e "$settings/environment" ] && ! grep -qx "PUBLIC_URL=https://$host" "$settings/environment"; then
    fail start "PUBLIC_URL in $settings/environment is not https://$host. Correct one of the two"
  fi
}

install_packages() {
  missing=
  for package in nginx postgresql redis-server openssl libatomic1 ca-certificates npm; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
      missing="$missing $package"
  done
  if [ -n "$missing" ]; then
    apt-get update -qq >/dev/null
    # shellcheck disable=SC2086 -- a list
    apt-get install -y -qq --no-install-recommends $missing >/var/log/adl-packages.log 2>&1 ||
      fail packages "apt-get cannot install$missing. See /var/log/adl-packages.log"
  fi
  done_with packages "${missing:-nothing to do}"
}

create_account() {
  id adl >/dev/null 2>&1 ||
    useradd --system --user-group --home-dir /var/lib/adl --no-create-home --shell /usr/sbin/nologin adl
  done_with account adl
}

# Each release has a directory, named by its content, and `current` leads to one: nothing is half installed.
install_release() {
  files='src migrations docs deploy web client scripts/require-node.sh scripts/require-pages.sh scripts/bundle.ts package.json package-lock.json .npmrc'
  # shellcheck disable=SC2086 -- a list
  content=$(cd "$source" && find $files -path web/dist -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c 1-12)
  version=$(sed -n 's/^  "version": "\(.*\)",$/\1/p' "$source/package.json")
  release=$home/releases/$version-$content
  if [ ! -d "$release" ]; then
    rm -rf "$home/releases/unfinished"
    mkdir -p "$home/releases/unfinished"
    # shellcheck disable=SC2086 -- a list
    (cd "$source" && tar -cf - --exclude='*.test.ts' --exclude=web/dist $files) | tar -xf - -C "$home/releases/unfinished" --no-same-owner
    (cd "$home/releases/unfinished" && npm ci --omit=dev >/var/log/adl-npm.log 2>&1) ||
      fail release 'npm cannot install the dependencies. See /var/log/adl-npm.log'
    # Debian's npm 9 does not link it into .bin.
    (cd "$home/releases/unfinished" && ln -s node_modules/node-linux-*/bin/node node && ./node --version >/dev/null) ||
      fail release 'its Node does not run'
    (cd "$home/releases/unfinished" && PATH=$PWD:$PATH sh scripts/require-pages.sh >>/var/log/adl-npm.log 2>&1) ||
      fail release 'the pages cannot be built. See /var/log/adl-npm.log'
    (cd "$home/releases/unfinished" && ./node scripts/bundle.ts bundle >>/var/log/adl-npm.log 2>&1) ||
      fail release 'the service cannot be bundled. See /var/log/adl-npm.log'
    mv "$home/releases/unfinished" "$release"
  fi
  ln -sfn "$release" "$home/current.new"
  mv -T "$home/current.new" "$home/current"
  ln -sfn "$home/current/deploy/adl" /usr/local/bin/adl
  done_with release "$release"
}

# keep NAME COMMAND…: what the command prints becomes a secret, the first time.
keep() {
  file=$settings/secrets/$1
  shift
  [ -s "$file" ] && return
  (umask 077 && "$@" >"$file.new" && mv "$file.new" "$file")
}

create_secrets() {
  install -d -m 755 "$settings"
  install -d -m 700 "$settings/secrets"
  keep secret-key openssl rand -base64 48
  keep admin-setup-token openssl rand -hex 24
  keep database-password openssl rand -hex 24
  keep redis-password openssl rand -hex 24
  keep database-url printf 'postgresql://adl:%s@127.0.0.1:5432/adl\n' "$(cat "$settings/secrets/database-password")"
  keep redis-url printf 'redis://adl:%s@127.0.0.1:6379\n' "$(cat "$settings/secrets/redis-password")"
  done_with secrets "$settings/secrets"
}

# Over standard input: a command line shows to everybody on the machine.
set_up_postgresql() {
  start postgresql
  # It may not enter where the script was called from.
  wait_for postgresql runuser -u postgres -- env -C / psql -qtc 'SELECT 1'
  runuser -u postgres -- env -C / psql -q -v ON_ERROR_STOP=1 <<SQL
SELECT 'CREATE ROLE adl LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'adl') \gexec
ALTER ROLE adl PASSWORD '$(cat "$settings/secrets/database-password")';
SELECT 'CREATE DATABASE adl OWNER adl' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'adl') \gexec
SQL
  done_with postgresql 'role and database adl'
}

wait_for() {
  name=$1
  shift
  for _ in $(seq 60); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.5
  done
  fail "$name" 'it does not answer'
}

# The service counts limits there and may do nothing else; nobody may do anything without a password.
set_up_redis() {
  digest=$(printf %s "$(cat "$settings/secrets/redis-password")" | sha256sum | cut -d ' ' -f 1)
  (
    umask 027
    printf 'bind 127.0.0.1\nuser default off\nuser adl on #%s ~adl:limit:* %s\n' "$digest" \
      '+eval +evalsha +get +incr +pttl +pexpire +info' >/etc/redis/adl.conf.new
  )
  chown root:redis /etc/redis/adl.conf.new
  changed=no
  cmp -s /etc/redis/adl.conf.new /etc/redis/adl.conf || changed=yes
  mv /etc/redis/adl.conf.new /etc/redis/adl.conf
  grep -qx 'include /etc/redis/adl.conf' /etc/redis/redis.conf ||
    printf '\ninclude /etc/redis/adl.conf\n' >>/etc/redis/redis.conf
  start redis-server
  if [ $changed = yes ]; then
    if has_systemd; then systemctl restart redis-server; else service redis-server restart >/dev/null; fi
  fi
  done_with redis 'user adl'
}

# Made once; from then on it is the operator's.
write_environment() {
  [ -e "$settings/environment" ] || cat >"$settings/environment" <<ENVIRONMENT
# Settings of the service, read at its start; .env.example lists all. Run set-up-debian.sh again after a change.
PUBLIC_URL=https://$host
TRUSTED_PROXIES=127.0.0.1/32
# Without a mail server no mail is sent; its password: SMTP_PASSWORD.
#SMTP_HOST=
#SMTP_USER=
#SMTP_PASSWORD=
#SMTP_FROM_EMAIL=
# Nightly backups, encrypted to the key of another machine: docs/backup.md.
#BACKUP_RECIPIENTS=
ENVIRONMENT
  chmod 600 "$settings/environment"
  done_with configuration "$settings/environment"
}

set_up_certificate() {
  install -d -m 755 "$settings/tls"
  certificate=$settings/tls/certificate.pem key=$settings/tls/key.pem
  if [ -n "${TLS_CERTIFICATE:-}" ] || [ -n "${TLS_KEY:-}" ]; then
    ln -sfn "$TLS_CERTIFICATE" $certificate
    ln -sfn "$TLS_KEY" $key
  elif [ -L $certificate ]; then
    check_certificate "$(readlink $certificate)" "$(readlink $key)"
  elif ! is_good_for 2592000 $certificate; then
    make_certificate
  fi
  done_with certificate "$(openssl x509 -in $certificate -noout -enddate), $([ -L $certificate ] && readlink $certificate || echo self-signed)"
}

# is_good_for SECONDS FILE: for the host, and that long.
is_good_for() {
  openssl x509 -in "$2" -noout -checkend "$1" >/dev/null 2>&1 &&
    openssl x509 -in "$2" -noout -checkhost "$host" | grep -q 'does match'
}

check_certificate() {
  [ -r "$1" ] && [ -r "$2" ] || fail certificate 'TLS_CERTIFICATE and TLS_KEY are both needed, as paths of files'
  case $1$2 in /*/*) ;; *) fail certificate 'TLS_CERTIFICATE and TLS_KEY must be absolute paths' ;; esac
  is_good_for 0 "$1" || fail certificate "$1 is no certificate for $host, or has expired"
  [ "$(openssl x509 -in "$1" -noout -pubkey)" = "$(openssl pkey -in "$2" -pubout 2>/dev/null)" ] ||
    fail certificate "$2 is not the key of $1"
}

make_certificate() {
  (
    umask 077
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj "/CN=$host" \
      -addext "subjectAltName=DNS:$host" -keyout $key.new -out $certificate.new 2>/dev/null
  )
  chmod 644 $certificate.new
  mv $key.new $key
  mv $certificate.new $certificate
}

install_units() {
  install -m 644 "$home/current/deploy/systemd/adl@.service" /etc/systemd/system/
  install -d /etc/systemd/system/nginx.service.d
  install -m 644 "$home/current/deploy/systemd/nginx.service.d/adl.conf" /etc/systemd/system/nginx.service.d/
  if has_systemd; then systemctl daemon-reload; fi
  for port in $ports; do systemctl enable --quiet "adl@$port.service"; done
  done_with units "$(for port in $ports; do printf 'adl@%s ' "$port"; done)"
}

# The timer runs only where there is somebody to encrypt to.
set_up_backup() {
  install -m 644 "$home/current/deploy/systemd/adl-backup.service" "$home/current/deploy/systemd/adl-backup.timer" \
    /etc/systemd/system/
  if has_systemd; then systemctl daemon-reload; fi
  if ! grep -q '^BACKUP_RECIPIENTS=.' "$settings/environment"; then
    systemctl disable --quiet adl-backup.timer
    done_with backup "none: set BACKUP_RECIPIENTS in $settings/environment, docs/backup.md"
    return
  fi
  systemctl enable --quiet adl-backup.timer
  if has_systemd; then systemctl restart adl-backup.timer; fi
  done_with backup 'every night, by adl-backup.timer'
}

set_up_nginx() {
  # Where clients of ACME put what an authority asks for.
  install -d -m 755 /var/www/acme
  [ -e /etc/nginx/nginx.conf.debian ] || cp /etc/nginx/nginx.conf /etc/nginx/nginx.conf.debian
  replicas=$(for port in $ports; do printf '127.0.0.1:%s ' "$port"; done)
  PUBLIC_HOST=$host TLS_CERTIFICATE=$settings/tls/certificate.pem TLS_KEY=$settings/tls/key.pem \
    REPLICAS=${replicas% } BALANCERS=${BALANCERS:-} NGINX_RUN=/run "$home/current/deploy/nginx/render.sh" /etc/nginx
  nginx -t -q || fail nginx 'its configuration is not valid'
  start nginx
  if has_systemd; then systemctl reload-or-restart nginx; else service nginx reload >/dev/null; fi
  done_with nginx /etc/nginx/nginx.conf
}

# One after the other, so that one always answers; only if something that they read has changed.
restart_replicas() {
  # shellcheck disable=SC2046 -- a list of files
  state=$(readlink "$home/current"; cat /etc/systemd/system/adl@.service "$settings/environment" "$settings"/secrets/*)
  state=$(printf '%s' "$state" | sha256sum)
  for port in $ports; do
    stamp=/var/lib/adl-applied-$port
    if [ "$(cat $stamp 2>/dev/null)" != "$state" ] || ! systemctl is-active --quiet "adl@$port"; then
      systemctl restart "adl@$port"
      is_ready "$port" || fail "adl@$port" "it is not ready. See: journalctl -u adl@$port"
      printf '%s' "$state" >$stamp
    fi
    done_with "adl@$port" ready
  done
}

is_ready() {
  "$home/current/node" -e '
    const end = Date.now() + 60_000;
    const ask = async () => {
      const answer = await fetch(`http://127.0.0.1:${process.argv[1]}/health/ready`).catch(() => null);
      if (answer?.ok) process.exit(0);
      if (Date.now() > end) process.exit(1);
      setTimeout(ask, 100);
    };
    ask();' "$1"
}

check_https() {
  printf 'GET /health HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n' "$host" |
    openssl s_client -quiet -connect 127.0.0.1:443 -servername "$host" 2>/dev/null |
    grep -q '"status":"healthy"' || fail https "https://$host/health does not answer through nginx"
  done_with https "https://$host/health"
}

main "$@"
