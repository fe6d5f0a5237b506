-- Phones of which the registrar must be told something else from now on: it knows them by heart, and reads what is new here
-- a few times a second. Kept for a while.
create table phone_changes (
    seq integer primary key autoincrement not null,
    phone_id text not null,
    at integer not null
) strict;
create index phone_changes_by_time on phone_changes (at);
