-- A ballot names the one card that casts it, so the card alone is its key: one index to write for each ballot instead of two.
alter table box drop constraint box_pkey, drop constraint box_card, add constraint box_pkey primary key (ledger, round, card);
