-- What a Kamailio reads and writes, in a schema of its own; `deploy/kamailio/role.sql` lets it in here and nowhere else.
-- Types, defaults and the numbers in `version` are those of Kamailio 5.6, which does not start with others.

-- Whom an order is about, for a registrar that knows addresses alone: the row outlives its phone.
alter table sip_orders add column address text;

create schema kamailio;

-- Usable MD5 HA1s, filled only while sip.mode is kamailio: the one place where something in the database opens anything
-- without the key file. Only of phones that may register. Logged, so that a standby that takes over serves every phone;
-- to be left out of dumps (docs/kamailio.md), for it is rebuilt at the start.
create table kamailio.credential (
    id bigint generated always as identity,
    phone_id text not null references public.phones (id) on delete cascade,
    username varchar(64) not null,
    domain varchar(64) not null,
    ha1 varchar(128) not null check (length(ha1) = 32),
    ha1b varchar(128) not null check (length(ha1b) = 32),
    generation bigint not null,
    -- Until when it is good: of the SIP password before the newest. Null for the newest.
    until_at bigint,
    primary key (phone_id, generation)
);
-- A view is looked into by name and domain; neither is cast, or the index would not be used.
create unique index credential_newest on kamailio.credential (username, domain) where until_at is null;
create unique index credential_previous on kamailio.credential (username, domain) where until_at is not null;

create view kamailio.subscriber as
    select id, username, domain, ''::varchar(64) as password, ha1, ha1b, generation
      from kamailio.credential where until_at is null;

-- Asked after a wrong password. The clock of the database ends it too, should no portal run at that moment.
create view kamailio.subscriber_previous as
    select id, username, domain, ''::varchar(64) as password, ha1, ha1b, generation
      from kamailio.credential
     where until_at is not null and until_at > extract(epoch from now()) * 1000;

create table kamailio.location (
    id serial primary key not null,
    ruid varchar(64) default '' not null,
    username varchar(64) default '' not null,
    domain varchar(64) default null,
    contact varchar(512) default '' not null,
    received varchar(128) default null,
    path varchar(512) default null,
    -- Without a zone: Kamailio writes its own local time, so it runs with TZ=UTC.
    expires timestamp without time zone default '2030-05-28 21:32:15' not null,
    q real default 1.0 not null,
    callid varchar(255) default 'Default-Call-ID' not null,
    cseq integer default 1 not null,
    last_modified timestamp without time zone default '2000-01-01 00:00:01' not null,
    flags integer default 0 not null,
    cflags integer default 0 not null,
    user_agent varchar(255) default '' not null,
    socket varchar(64) default null,
    methods integer default null,
    instance varchar(255) default null,
    reg_id integer default 0 not null,
    server_id integer default 0 not null,
    connection_id integer default 0 not null,
    keepalive integer default 0 not null,
    partition integer default 0 not null,
    constraint location_ruid_idx unique (ruid)
);
create index location_account_contact_idx on kamailio.location (username, domain, contact);
create index location_expires_idx on kamailio.location (expires);
create index location_connection_idx on kamailio.location (server_id, connection_id);

-- `generation` of each contact: which SIP password made it.
create table kamailio.location_attrs (
    id serial primary key not null,
    ruid varchar(64) default '' not null,
    username varchar(64) default '' not null,
    domain varchar(64) default null,
    aname varchar(64) default '' not null,
    atype integer default 0 not null,
    avalue varchar(512) default '' not null,
    last_modified timestamp without time zone default '2000-01-01 00:00:01' not null
);
create index location_attrs_account_record_idx on kamailio.location_attrs (username, domain, ruid);
create index location_attrs_ruid_idx on kamailio.location_attrs (ruid);
create index location_attrs_last_modified_idx on kamailio.location_attrs (last_modified);

create table kamailio.domain (
    id serial primary key not null,
    domain varchar(64) not null,
    did varchar(64) default null,
    last_modified timestamp without time zone default '2000-01-01 00:00:01' not null,
    constraint domain_domain_idx unique (domain)
);

create table kamailio.domain_attrs (
    id serial primary key not null,
    did varchar(64) not null,
    name varchar(32) not null,
    type integer not null,
    value varchar(255) not null,
    last_modified timestamp without time zone default '2000-01-01 00:00:01' not null
);
create index domain_attrs_domain_attrs_idx on kamailio.domain_attrs (did, name);

create table kamailio.version (
    id serial primary key not null,
    table_name varchar(32) not null,
    table_version integer default 0 not null,
    constraint version_table_name_idx unique (table_name)
);
insert into kamailio.version (table_name, table_version) values
    ('version', 1), ('subscriber', 7), ('subscriber_previous', 7), ('location', 9), ('location_attrs', 1),
    ('domain', 2), ('domain_attrs', 1);
