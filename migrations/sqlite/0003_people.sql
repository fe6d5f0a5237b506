-- Administrators look people up by the displayed name, and set passwords that must be used in time.

-- Canonical form (NFC, lower case) of the displayed names, for searching and sorting. Rows from before get what the
-- engine's own `lower` makes of them, until they are saved again.
alter table users add column display_key text not null default '';
update users set display_key = lower(display_name);
alter table accounts add column name_key text not null default '';
update accounts set name_key = lower(name);
-- When a temporary password stops signing in.
alter table users add column password_expires_at integer;
create index users_by_display on users (account_id, display_key, id);
-- Who can help the people of an account.
create index administrators on users (account_id, display_key, display_name)
    where role = 'administrator' and disabled_at is null;
