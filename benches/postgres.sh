#!/usr/bin/env bash
# What PostgreSQL itself gives the office: durable groups of ballots a second, by size of a group, writers and competitions.
# The very tables and the very statement of one group, without the office; on a throw-away server with fsync.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-4}

[ -n "${TEST_POSTGRES_URL:-}" ] || ESEP_FSYNC=on exec tests/postgres "benches/postgres.sh" "$@"
command -v pgbench >/dev/null || { echo "pgbench is missing: install postgresql-contrib, or put it on the path" >&2; exit 3; }
for tables in src/store/postgres/*.sql; do psql --quiet --file="$tables" "$TEST_POSTGRES_URL"; done
psql --quiet --command="insert into ledger select 'c' || g, 1, sha256('t') from generate_series(1, 64) g" "$TEST_POSTGRES_URL"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

echo "ballots a group | writers | competitions | groups a second | ballots a second"
for rows in 1 32 128 512; do
  cat >"$folder/group.sql" <<SQL
\set c random(1, :competitions)
with head as (select id from ledger where id = 'c' || :c and size = 1 and tip = sha256('t') for no key update)
insert into box (ledger, round, hash, card, envelope)
  select head.id, 1, sha256(uuid_send(gen_random_uuid())), sha256(uuid_send(gen_random_uuid())), decode(repeat('61', 700), 'hex')
  from head, generate_series(1, $rows);
SQL
  for load in "1 1" "3 1" "3 64" "8 64"; do
    read -r writers competitions <<<"$load"
    rate=$(pgbench -n -M prepared -f "$folder/group.sql" -D "competitions=$competitions" -c "$writers" -j 1 -T "$seconds" "$TEST_POSTGRES_URL" 2>/dev/null |
      awk '/^tps/ { print $3 }')
    awk -v r="$rate" -v n="$rows" -v w="$writers" -v c="$competitions" \
      'BEGIN { printf "%15d | %7d | %12d | %15.0f | %d\n", n, w, c, r, r * n }'
  done
done
