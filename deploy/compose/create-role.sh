#!/bin/sh
# Run once by the image of PostgreSQL, when it has made an empty cluster: the service is no superuser.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 --quiet <<SQL
CREATE ROLE adl LOGIN PASSWORD '$(cat "${SECRETS:-/secrets}/postgres/database-password")';
CREATE DATABASE adl OWNER adl;
SQL
