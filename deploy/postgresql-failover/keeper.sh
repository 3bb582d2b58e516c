#!/bin/sh
# Sets up one of the two PostgreSQL nodes under pg_auto_failover, as the user postgres; then `pg_autoctl run` runs it.
# The first node that is set up is the primary.
#
#     PGDATA=/var/lib/postgresql/15/adl ADDRESS=10.0.0.2 PORT=5432 MONITOR=postgres://autoctl_node:…@10.0.0.1/pg_auto_failover \
#     REPLICATION_PASSWORD=… CLIENTS='10.0.0.10/32 10.0.0.11/32' keeper.sh
set -eu
umask 077

export PGDATA PGPASSWORD="$REPLICATION_PASSWORD"
PATH=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1):$PATH

pg_autoctl create postgres --pgctl "$(command -v pg_ctl)" --pgport "${PORT:-5432}" --listen "${LISTEN:-*}" \
  --hostname "$ADDRESS" --monitor "$MONITOR" --auth scram-sha-256 --ssl-self-signed --dbname adl
pg_autoctl config set --pgdata "$PGDATA" replication.password "$REPLICATION_PASSWORD" >/dev/null
# Less than the monitor's two timeouts together: monitor.sql.
pg_autoctl config set --pgdata "$PGDATA" timeout.network_partition_timeout 10 >/dev/null

# A role of the service by its password, and HAProxy's question by nobody else.
for client in $CLIENTS; do
  printf 'host adl adl %s scram-sha-256\nhost postgres adl_check %s trust\n' "$client" "$client"
done >>"$PGDATA/pg_hba.conf"
