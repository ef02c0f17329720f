#!/usr/bin/env bash
# Until the first release there is one migration: write it anew from the tables.
set -euo pipefail
cd "$(dirname "$0")/.."
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
rm -f alembic/versions/0001_*.py
QUADRILLE_DATA_DIR="$data" .venv/bin/alembic revision --autogenerate --rev-id 0001 -m "First tables"
.venv/bin/ruff format -q alembic/versions
# Its name says which tables it makes, so that a database with those of an earlier state is told from one with these.
file=$(echo alembic/versions/0001_*.py)
sed -i "s/^revision = .*/revision = \"0001_$(sha256sum "$file" | cut -c1-8)\"/" "$file"
