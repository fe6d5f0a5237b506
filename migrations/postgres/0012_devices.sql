-- The browsers in which somebody signed in before, as far as the cookie that a browser keeps names them. Whoever holds the
-- cookie of one is no stranger: what strangers do wrong does not delay them.

create table devices (
    id text primary key not null,
    account_id text not null references accounts (id),
    user_id text not null references users (id),
    user_agent text not null,
    -- Where it signed in from last.
    address text not null,
    first_at bigint not null,
    last_at bigint not null,
    -- Tries in it since its last sign-in. After ten it is a stranger's again.
    failures bigint not null
);
create index devices_by_user on devices (user_id, last_at);
create index devices_by_time on devices (last_at);

-- The browser that the session is in.
alter table sessions add column device_id text;

-- When a sign-in in a new browser was last told by mail; 0 while none was, null until the first browser signs in, which
-- nobody needs to be told.
alter table users add column new_browser_at bigint;
