#!/bin/sh
# Lays out Temporal's two databases, or brings them up to the version of this image. Safe to run again at any time.
# Where the database is, and as whom, comes from SQL_HOST, SQL_PORT, SQL_USER, SQL_PASSWORD and SQL_PLUGIN.
set -eu

lay_out() {
	database=$1
	schema=$2
	echo "database $database: schema $schema"
	temporal-sql-tool --database "$database" create-database
	temporal-sql-tool --database "$database" setup-schema --version 0.0
	temporal-sql-tool --database "$database" update-schema --schema-name "$schema"
}

lay_out temporal postgresql/v12/temporal
lay_out temporal_visibility postgresql/v12/visibility
echo "schema: done"
