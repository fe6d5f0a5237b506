-- What readers make of the help centre's articles: whether one helped, and what to improve in it.

-- One vote of a visitor about an article. Who it was nobody can tell: `visitor` is a keyed hash of a random cookie and the
-- article, so that not even two votes of one browser are seen to be that.
create table help_votes (
    visitor blob primary key not null,
    category text not null,
    article text not null,
    -- 1 or 0.
    helpful integer not null,
    -- The day on which it is counted: the day of the first vote, in days since 1970, UTC.
    day integer not null,
    -- When it was last cast.
    at integer not null
) strict;
create index help_votes_by_time on help_votes (at);

-- The votes of a day. They stay when the hashes go.
create table help_vote_days (
    category text not null,
    article text not null,
    day integer not null,
    helpful integer not null,
    unhelpful integer not null,
    primary key (category, article, day)
) strict;

create table help_suggestions (
    id text primary key not null,
    -- The form it was written into, which is good once.
    form text not null unique,
    category text not null,
    article text not null,
    -- As it was typed. It is never anything but text.
    text text not null,
    -- Where an answer goes, if they want one.
    email text,
    created_at integer not null,
    answered_at integer,
    answer text,
    done_at integer
) strict;
create index help_suggestions_done on help_suggestions (done_at) where done_at is not null;
