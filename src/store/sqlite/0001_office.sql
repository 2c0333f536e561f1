-- The office's database. Migrations are never edited.
-- The triggers stop accidents, not insiders: whoever holds the file can drop them. Start-up verifies everything.

create table ledger (
  id text not null primary key check (length(id) between 1 and 64),
  size integer not null check (size >= 0),
  tip blob not null check (length(tip) = 32),
  checkpoint text
) strict, without rowid;

create trigger ledger_new before insert on ledger
when exists (select 1 from ledger where id = new.id)
begin select raise(abort, 'append-only: this ledger is there already'); end;

create trigger ledger_grows before update on ledger
when new.id <> old.id or new.size < old.size or (new.size = old.size and new.tip <> old.tip)
begin select raise(abort, 'append-only: a ledger never shrinks'); end;

create trigger ledger_stays before delete on ledger
begin select raise(abort, 'append-only: a ledger stays'); end;

-- hash: PAE hash of the statement; signer: its first key. Together they find a retry.
create table entry (
  ledger text not null references ledger (id),
  seq integer not null check (seq >= 0),
  leaf blob not null check (length(leaf) = 32),
  hash blob not null check (length(hash) = 32),
  signer blob not null check (length(signer) = 32),
  bytes blob not null check (length(bytes) between 1 and 65535),
  unique (ledger, seq)
) strict;

create unique index entry_statement on entry (ledger, hash, signer);

-- "insert or replace" deletes without asking the delete trigger unless recursive_triggers is on: so the key must be new.
create trigger entry_new before insert on entry
when exists (select 1 from entry where ledger = new.ledger and seq = new.seq)
  or exists (select 1 from entry where ledger = new.ledger and hash = new.hash and signer = new.signer)
  or exists (select 1 from entry where rowid = new.rowid)
begin select raise(abort, 'append-only: this entry is there already'); end;

create trigger entry_follows before insert on entry
when new.seq <> coalesce((select max(seq) + 1 from entry where ledger = new.ledger), 0)
begin select raise(abort, 'append-only: an entry follows the last one'); end;

create trigger entry_same before update on entry
begin select raise(abort, 'append-only: an entry never changes'); end;

create trigger entry_stays before delete on entry
begin select raise(abort, 'append-only: an entry stays'); end;

-- Secret ballots before opening: in the order of their hashes, without a rowid, a time or a number.
create table box (
  ledger text not null references ledger (id),
  round integer not null check (round > 0),
  hash blob not null check (length(hash) = 32),
  card blob not null check (length(card) = 32),
  envelope blob not null,
  primary key (ledger, round, hash)
) strict, without rowid;

create unique index box_card on box (ledger, round, card);

create trigger box_new before insert on box
when exists (select 1 from box where ledger = new.ledger and round = new.round and hash = new.hash)
  or exists (select 1 from box where ledger = new.ledger and round = new.round and card = new.card)
begin select raise(abort, 'append-only: this ballot is in the box already'); end;

create trigger box_same before update on box
begin select raise(abort, 'append-only: a ballot never changes'); end;

create trigger box_opened before delete on box
when not exists (select 1 from entry where ledger = old.ledger and hash = old.hash and signer = old.card)
begin select raise(abort, 'append-only: a ballot leaves the box for the ledger only'); end;

-- Beside the ledger: what may be erased.
create table file (
  ledger text not null,
  shelf text not null check (shelf in ('document', 'attachment')),
  sha256 blob not null check (length(sha256) = 32),
  bytes integer not null check (bytes >= 0),
  media text not null,
  primary key (ledger, shelf, sha256)
) strict, without rowid;

create table opening (
  ledger text not null,
  commitment blob not null check (length(commitment) = 32),
  body blob not null,
  primary key (ledger, commitment)
) strict, without rowid;

create table draft (
  ledger text not null references ledger (id),
  hash blob not null check (length(hash) = 32),
  revision integer not null check (revision > 0),
  body blob not null,
  primary key (ledger, hash)
) strict, without rowid;

create table session (
  token blob not null primary key check (length(token) = 32),
  ledger text not null,
  signer blob not null check (length(signer) = 32),
  opened_at integer not null,
  seen_at integer not null
) strict, without rowid;
