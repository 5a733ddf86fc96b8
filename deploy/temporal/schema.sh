#!/bin/sh
# Creates Temporal's two databases and brings their schemas to this version's. Can be run again at any time:
# what is there is left alone, an older schema is updated.
#
# SQL_HOST, SQL_PORT, SQL_USER, SQL_PLUGIN: as temporal-sql-tool reads them. POSTGRES_PASSWORD_FILE: the password.
set -eu

SQL_PASSWORD=$(cat "$POSTGRES_PASSWORD_FILE")
export SQL_PASSWORD
schemas=${TEMPORAL_SCHEMAS:-/etc/temporal/schema/postgresql/v12}

# database, folder of its schema
prepare() {
  temporal-sql-tool --db "$1" create
  if ! said=$(update "$@" 2>&1); then
    case $said in
      *schema_version*'does not exist'*) ;;
      *) echo "$said" >&2 && exit 1 ;;
    esac
    # Only for an empty database: over an existing schema, version 0.0 would run every update again.
    temporal-sql-tool --db "$1" setup-schema -v 0.0
    update "$@"
  fi
}

update() {
  temporal-sql-tool --db "$1" update-schema -d "$schemas/$2/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
echo 'The schemas are up to date.'
