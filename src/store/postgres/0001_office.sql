-- The office's database. Migrations are never edited. Run by the owner (`esep migrate`); the office works as another role.
-- The triggers stop accidents, not insiders: whoever owns the tables can drop them. Start-up verifies everything.

create table ledger (
  id text collate "C" not null primary key check (length(id) between 1 and 64),
  size bigint not null check (size >= 0),
  tip bytea not null check (length(tip) = 32),
  checkpoint text
);

-- hash: PAE hash of the statement; signer: its first key. Together they find a retry. The order is `seq`, never a sequence.
create table entry (
  ledger text collate "C" not null references ledger (id),
  seq bigint not null check (seq >= 0),
  leaf bytea not null check (length(leaf) = 32),
  hash bytea not null check (length(hash) = 32),
  signer bytea not null check (length(signer) = 32),
  bytes bytea not null check (length(bytes) between 1 and 65535),
  primary key (ledger, seq),
  constraint entry_statement unique (ledger, hash, signer)
);

-- Secret ballots before opening: without a time or a number.
create table box (
  ledger text collate "C" not null references ledger (id),
  round integer not null check (round > 0),
  hash bytea not null check (length(hash) = 32),
  card bytea not null check (length(card) = 32),
  envelope bytea not null,
  primary key (ledger, round, hash),
  constraint box_card unique (ledger, round, card)
);

create function append_only() returns trigger language plpgsql as $$
begin raise exception 'append-only: %', tg_argv[0]; end $$;

create function ledger_grows() returns trigger language plpgsql as $$
begin
  if new.id <> old.id or new.size < old.size or (new.size = old.size and new.tip <> old.tip) then
    raise exception 'append-only: a ledger never shrinks';
  end if;
  return new;
end $$;

-- Once for a whole insert: places are unique, so a run that begins behind a known place has no gap.
create function entry_follows() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from (select ledger, min(seq) as first, max(seq) as last, count(*) as many from added group by ledger) as run
    where run.last - run.first + 1 <> run.many
      or (run.first > 0 and not exists (select 1 from entry where ledger = run.ledger and seq = run.first - 1))
  ) then
    raise exception 'append-only: an entry follows the last one';
  end if;
  return null;
end $$;

create function box_opened() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from entry where ledger = old.ledger and hash = old.hash and signer = old.card) then
    raise exception 'append-only: a ballot leaves the box for the ledger only';
  end if;
  return old;
end $$;

create trigger ledger_grows before update on ledger for each row execute function ledger_grows();
create trigger ledger_stays before delete on ledger for each row execute function append_only('a ledger stays');
create trigger ledger_whole before truncate on ledger execute function append_only('a ledger stays');
create trigger entry_follows after insert on entry
  referencing new table as added for each statement execute function entry_follows();
create trigger entry_same before update on entry for each row execute function append_only('an entry never changes');
create trigger entry_stays before delete on entry for each row execute function append_only('an entry stays');
create trigger entry_whole before truncate on entry execute function append_only('an entry stays');
create trigger box_same before update on box for each row execute function append_only('a ballot never changes');
create trigger box_opened before delete on box for each row execute function box_opened();
create trigger box_whole before truncate on box
  execute function append_only('a ballot leaves the box for the ledger only');

-- The office's role may not delete from the box; with the owner's rights it may destroy one whose ballots are entries.
create function open_box(which text, of_round integer) returns void language sql security definer as $$
  delete from box where ledger = which and round = of_round
$$;

-- Writes the box anew, in the order of hashes: dead rows still tell in which order ballots came.
create function tidy_box() returns void language plpgsql security definer as $$
begin cluster box using box_pkey; end $$;

revoke all on function open_box(text, integer), tidy_box() from public;

-- No function may be made to look at another table of the same name.
do $$
declare
  name text;
begin
  foreach name in array array['append_only()', 'ledger_grows()', 'entry_follows()', 'box_opened()',
                              'open_box(text, integer)', 'tidy_box()'] loop
    execute format('alter function %s set search_path = %I, pg_temp', name, current_schema());
  end loop;
end $$;

-- Beside the ledger: what may be erased.
create table file (
  ledger text collate "C" not null,
  shelf text not null check (shelf in ('document', 'attachment')),
  sha256 bytea not null check (length(sha256) = 32),
  bytes bigint not null check (bytes >= 0),
  media text not null,
  primary key (ledger, shelf, sha256)
);

create table opening (
  ledger text collate "C" not null,
  commitment bytea not null check (length(commitment) = 32),
  body bytea not null,
  primary key (ledger, commitment)
);

create table draft (
  ledger text collate "C" not null references ledger (id),
  hash bytea not null check (length(hash) = 32),
  revision bigint not null check (revision > 0),
  body bytea not null,
  primary key (ledger, hash)
);

create table session (
  token bytea not null primary key check (length(token) = 32),
  ledger text collate "C" not null,
  signer bytea not null check (length(signer) = 32),
  opened_at bigint not null,
  seen_at bigint not null
);
