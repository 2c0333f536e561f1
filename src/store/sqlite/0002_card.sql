-- A ballot names the one card that casts it, so the card alone is its key, and a ballot is written in one place instead of
-- two. It enters behind a look at its ledger's head, and a ledger stays: a foreign key told nothing.
create table box_of_cards (
  ledger text not null,
  round integer not null check (round > 0),
  hash blob not null check (length(hash) = 32),
  card blob not null check (length(card) = 32),
  envelope blob not null,
  primary key (ledger, round, card)
) strict, without rowid;

insert into box_of_cards select * from box order by ledger, round, card;
drop table box;
alter table box_of_cards rename to box;

create trigger box_new before insert on box
when exists (select 1 from box where ledger = new.ledger and round = new.round and card = new.card)
begin select raise(abort, 'append-only: this card has a ballot in the box already'); end;

create trigger box_same before update on box
begin select raise(abort, 'append-only: a ballot never changes'); end;

create trigger box_opened before delete on box
when not exists (select 1 from entry where ledger = old.ledger and hash = old.hash and signer = old.card)
begin select raise(abort, 'append-only: a ballot leaves the box for the ledger only'); end;
