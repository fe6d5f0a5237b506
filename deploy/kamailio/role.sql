-- The role that Kamailio connects as: the schema `kamailio` and nothing else. Run once by the owner of the database, after
-- the portal was started on it, with a password of your own:
--
--     psql -v password="$(cat kamailio.password)" -f role.sql linekey
--
-- Kamailio reads credentials and writes locations. It cannot read `credential` itself, only what is good of it.

create role linekey_kamailio login password :'password';
grant usage on schema kamailio to linekey_kamailio;
grant select on kamailio.version, kamailio.subscriber, kamailio.subscriber_previous, kamailio.domain,
    kamailio.domain_attrs to linekey_kamailio;
grant select, insert, update, delete on kamailio.location, kamailio.location_attrs to linekey_kamailio;
grant usage on sequence kamailio.location_id_seq, kamailio.location_attrs_id_seq to linekey_kamailio;
alter role linekey_kamailio set search_path = kamailio;
-- Kamailio writes times without a zone and reads them back as its own.
alter role linekey_kamailio set timezone = 'UTC';
