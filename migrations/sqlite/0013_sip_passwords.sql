-- The SIP password before the current one, sealed like it: good until `old_until`, and known for 30 days after that, to
-- tell which phone still uses it.
alter table phones add column old_hashes blob;
alter table phones add column old_until integer;
-- When a phone was last refused for using it, where it was, and what it said it is.
alter table phones add column outdated_at integer;
alter table phones add column outdated_from text;
alter table phones add column outdated_agent text;
-- Since when it may not register, whatever SIP password it has.
alter table phones add column blocked_at integer;

-- What a registrar has to end: the registrations of a phone that were made with a SIP password older than generation
-- `below`; with 0 all of them, and the phone may come back. A row outlives its phone and goes when it is done.
create table sip_orders (
    phone_id text not null,
    below integer not null,
    due_at integer not null,
    primary key (phone_id, below)
) strict;
create index sip_orders_by_due on sip_orders (due_at);
