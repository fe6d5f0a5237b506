-- A try to sign in writes two pages instead of eleven: a row is in one place, those of one sign-in beside each other, and
-- what is over is found bucket by bucket. What was counted so far is forgotten: the buckets have other names now.
drop table throttle;
create table throttle (
    -- A keyed hash: the table tells nobody who tried to sign in.
    bucket blob primary key not null,
    failures integer not null,
    first_at integer not null,
    last_at integer not null,
    -- When the record last told of it.
    told_at integer
) strict, without rowid;
