-- What the Redis script does, in PostgreSQL: one function decides a
-- reservation, in one round trip and one transaction.  take() is in
-- postgres_row.sql or postgres_units.sql.
--
-- What keeps it fast: prepared once a connection; no foreign key, whose check
-- would lock the sale's row; the row that all want is locked last, for it
-- stays so until the commit is on the disk.  Holds that are over are left to a
-- job beside it.

create table sale (
    id         int primary key,
    state      text not null,
    stock      int not null,
    per_buyer  int not null,
    price_fen  bigint not null,
    hold_time  interval not null
);

create table hold (
    id          bigint generated always as identity primary key,
    sale        int not null,
    buyer       text not null,
    qty         int not null,
    price_fen   bigint not null,
    pickup      text not null,
    state       text not null,
    created_at  timestamptz not null,
    expires_at  timestamptz not null
);

create index hold_due on hold (sale, expires_at) where state = 'held';

create table taken (
    buyer  text,
    sale   int,
    units  int not null,
    primary key (buyer, sale)
);

create table bound (
    buyer        text,
    key          text,
    hold         bigint not null,
    fingerprint  text not null,
    primary key (buyer, key)
);

create function reserve(p_sale int, p_qty int, p_buyer text, p_key text,
    p_pickup text, out code text, out hold bigint, out created_at timestamptz,
    out expires_at timestamptz, out price_fen bigint)
language plpgsql as $$
declare
    asked  text := p_sale || ' ' || p_qty || ' ' || p_pickup;
    offer  sale;
    old    bound;
begin
    -- a retry is harmless
    select * into old from bound b where b.buyer = p_buyer and b.key = p_key;
    if found then
        if old.fingerprint <> asked then
            code := 'key_reused';
            return;
        end if;
        select 'replayed', h.id, h.created_at, h.expires_at, h.price_fen
            into code, hold, created_at, expires_at, price_fen
            from hold h where h.id = old.hold;
        return;
    end if;

    select * into offer from sale s where s.id = p_sale;
    if not found then
        code := 'no_such_sale';
        return;
    end if;
    if offer.state <> 'open' then
        code := offer.state;
        return;
    end if;

    insert into taken as t (buyer, sale, units)
        values (p_buyer, p_sale, p_qty)
        on conflict (buyer, sale) do update set units = t.units + p_qty
        where t.units + p_qty <= offer.per_buyer;
    if not found then
        code := 'over_limit';
        return;
    end if;

    code := 'created';
    created_at := now();
    expires_at := now() + offer.hold_time;
    price_fen := offer.price_fen;

    insert into hold as h (sale, buyer, qty, price_fen, pickup, state,
            created_at, expires_at)
        values (p_sale, p_buyer, p_qty, offer.price_fen, p_pickup, 'held',
            now(), now() + offer.hold_time)
        returning h.id into hold;

    -- the same key at the same time waits here, and fails
    insert into bound (buyer, key, hold, fingerprint)
        values (p_buyer, p_key, hold, asked);

    -- as an error: nothing of the above stays
    if not take(p_sale, p_qty, hold, offer.stock) then
        raise exception 'sold_out';
    end if;
end
$$;
