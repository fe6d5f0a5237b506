-- A Kamailio reads PostgreSQL alone, so its schema is made there and not here.

-- Whom an order is about, for a registrar that knows addresses alone: the row outlives its phone.
alter table sip_orders add column address text;
