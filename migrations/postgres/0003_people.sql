-- Administrators look people up by the displayed name, and set passwords that must be used in time.

-- Canonical form (NFC, lower case) of `display_name`, for searching and sorting.
alter table users add column display_key text not null default '';
update users set display_key = lower(display_name);
-- When a temporary password stops signing in.
alter table users add column password_expires_at bigint;
create index users_by_display on users (account_id, display_key, id);
-- Who can help the people of an account.
create index administrators on users (account_id, display_key, display_name)
    where role = 'administrator' and disabled_at is null;
