-- Phones of which the registrar must be told something else from now on: it knows them by heart, and reads what is new here
-- a few times a second. Kept for a while.
create table phone_changes (
    seq bigint primary key generated always as identity,
    phone_id text not null,
    at bigint not null
);
create index phone_changes_by_time on phone_changes (at);

-- SQLite has it: the members of an object, so that one statement takes many rows as one value.
create function json_each(text) returns table (key text, value json) language sql immutable parallel safe
    as 'select key, value from pg_catalog.json_each($1::json)';
