-- SQLite has it: the members of an object, so that one statement takes many rows as one value; as jsonb, which is read once
-- and not once more for each of their columns.
drop function json_each(text);
create function jsonb_each(text) returns table (key text, value jsonb) language sql immutable parallel safe
    as 'select key, value from pg_catalog.jsonb_each($1::jsonb)';

-- What is over is found bucket by bucket: an index that every try changes costs more. What was counted so far is forgotten:
-- the buckets have other names now.
drop index throttle_by_time;
truncate throttle;
