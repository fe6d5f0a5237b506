-- Who asked for a reset link, until that is answered a moment later: whether anybody has the address is looked at then,
-- out of sight of whoever asked.

create table reset_requests (
    id text primary key not null,
    -- What was typed, in the form in which addresses are compared. Nothing is ever mailed to it.
    email_key text not null,
    -- SHA-256 of the browser's cookie for resets: the code works there alone.
    browser_hash blob not null,
    -- The browser, in words, and where it is.
    browser text not null,
    address text not null,
    created_at integer not null,
    -- When it is to be answered; while a worker is at it, when its claim ends.
    due_at integer not null
) strict;
create index reset_requests_due on reset_requests (due_at);
