-- What lets somebody do one thing without being signed in, once: the links of mails, and what a set-up slip prints. A
-- link that was used, voided or is over is gone.

create table links (
    id text primary key not null,
    account_id text not null references accounts (id),
    user_id text not null references users (id),
    purpose text not null check (purpose in ('reset', 'set-up', 'email', 'not-me')),
    -- SHA-256 of the token in its address.
    token_hash blob not null unique,
    -- MAC under the key file of the code that can be typed instead, if it has one; and when that ends.
    code_mac blob,
    code_expires_at integer,
    code_tries integer not null default 0,
    -- SHA-256 of the cookie of the browser that asked: the code works in that one alone.
    browser_hash blob,
    -- The user's when it was made. For most purposes another one voids the link.
    credential_epoch integer not null,
    -- How often what it asks to be confirmed was typed wrong.
    tries integer not null default 0,
    -- The mail that carries it.
    mail_id text,
    -- What it is about beside the user, JSON.
    detail text not null,
    created_at integer not null,
    expires_at integer not null
) strict;
create index links_by_user on links (user_id, purpose);
create index links_by_browser on links (browser_hash) where browser_hash is not null;
create index links_by_end on links (expires_at);
