-- Which phones an extension rings.
create index phones_by_extension on phones (sip_domain, extension) where extension is not null;
