-- Changes of e-mail addresses that wait for a confirmation, and those of the last days, which "This wasn't me" undoes.

create table email_changes (
    id text primary key not null,
    account_id text not null references accounts (id),
    user_id text not null references users (id),
    -- On file when it was asked for: on file another one, and the change is over.
    old_email text,
    -- As written. None: the address was removed.
    new_email text,
    -- What it was asked for with, and from where.
    browser text not null,
    address text not null,
    asked_at bigint not null,
    -- When the new one was put on file; nothing while it waits.
    done_at bigint
);
create index email_changes_by_user on email_changes (user_id);
create unique index email_changes_waiting on email_changes (user_id) where done_at is null;

-- Until when the e-mail address cannot be changed: somebody said "This wasn't me".
alter table users add column frozen_until bigint;
-- When that was said, and of what moment on: mails about what happened in between undo nothing, since they went to whoever
-- it was.
alter table users add column undone_from bigint;
alter table users add column undone_at bigint;
