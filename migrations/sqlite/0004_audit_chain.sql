-- The record of events becomes a chain for each account (and one for what happened in none): the sealer numbers each row
-- and links it to the one before, once, some moments after it was written.

-- The account's id, or 'portal'. This and the next two are null until the row is sealed.
alter table audit_events add column chain text;
alter table audit_events add column seq integer;
-- HMAC-SHA-256 over the link before, the chain, the number and the row's mac, with the key's id in front.
alter table audit_events add column link blob;
create unique index audit_events_by_chain on audit_events (chain, seq);
create index audit_events_unsealed on audit_events (id) where seq is null;

-- The end of each chain. It has a MAC of its own, so that cutting off the last rows cannot be hidden by moving it.
create table audit_heads (
    chain text primary key not null,
    seq integer not null,
    link blob not null,
    mac blob not null,
    sealed_at integer not null
) strict;

-- How many rows all chains have, one row: so that a chain which is taken away and begun anew without a row of it is told.
create table audit_tally (
    id integer primary key not null check (id = 1),
    sealed integer not null,
    mac blob not null
) strict;

-- When the record last told of what is counted here, so that it neither floods nor falls silent.
alter table throttle add column told_at integer;
