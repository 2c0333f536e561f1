#!/usr/bin/env bash
# What PostgreSQL itself gives the office: durable groups of ballots a second, by size of a group, writers and competitions.
# The very tables and the very statements of one group, without the office; on a throw-away server with fsync.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-4}

initdb=$(command -v initdb || compgen -G "/usr/lib/postgresql/*/bin/initdb" | sort -V | tail -n 1)
bin=$(dirname "$(readlink -f "$initdb")")
[ -x "$bin/pgbench" ] || { echo "pgbench is missing beside $bin/initdb" >&2; exit 3; }
folder=$(mktemp -d)
chmod 755 "$folder"
# A server never runs as root.
as=()
if [ "$(id -u)" -eq 0 ]; then as=(setpriv --reuid=65534 --regid=65534 --clear-groups); chown 65534 "$folder"; fi
tables=$(realpath src/store/postgres/0001_office.sql)
cd "$folder"
end() { "${as[@]}" "$bin/pg_ctl" stop -m immediate -D "$folder/data" >/dev/null 2>&1 || true; rm -rf "$folder"; }
trap end EXIT
"${as[@]}" "$bin/initdb" -A trust -U postgres -E UTF8 --locale=C -N -D "$folder/data" >/dev/null
"${as[@]}" "$bin/pg_ctl" start -w -D "$folder/data" -l "$folder/data/log" -o "-c listen_addresses= -c unix_socket_directories=$folder" >/dev/null
export PGHOST=$folder PGUSER=postgres PGDATABASE=postgres
"$bin/psql" --quiet --file="$tables"
"$bin/psql" --quiet --command="insert into ledger select 'c' || g, 1, sha256('t') from generate_series(1, 64) g"

echo "ballots a group | writers | competitions | groups a second | ballots a second"
for rows in 1 32 128 512; do
  cat >group.sql <<SQL
\set c random(1, :competitions)
begin;
update ledger set size = 1, tip = tip where id = 'c' || :c and size = 1 and tip = sha256('t');
insert into box (ledger, round, hash, card, envelope)
  select 'c' || :c, 1, sha256(uuid_send(gen_random_uuid())), sha256(uuid_send(gen_random_uuid())), decode(repeat('61', 700), 'hex')
  from generate_series(1, $rows);
commit;
SQL
  for load in "1 1" "3 1" "3 64" "8 64"; do
    read -r writers competitions <<<"$load"
    rate=$("$bin/pgbench" -n -M prepared -f group.sql -D "competitions=$competitions" -c "$writers" -j 1 -T "$seconds" 2>/dev/null |
      awk '/^tps/ { print $3 }')
    awk -v r="$rate" -v n="$rows" -v w="$writers" -v c="$competitions" \
      'BEGIN { printf "%15d | %7d | %12d | %15.0f | %d\n", n, w, c, r, r * n }'
  done
done
