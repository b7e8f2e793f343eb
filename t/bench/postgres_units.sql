-- The stock is a row for each unit; each transaction takes rows that nobody
-- else has, so that their commits share a sync.  It looks from a place of its
-- own, or it would walk over all the rows that the others have locked, and
-- from the beginning when there are no more.

create table unit (
    id    int primary key,
    sale  int not null,
    hold  bigint
);

create function take(p_sale int, p_qty int, p_hold bigint, p_stock int)
    returns boolean
language plpgsql as $$
declare
    start    int := random() * p_stock;
    missing  int := p_qty;
    got      int;
begin
    for pass in 1 .. 2 loop
        update unit set hold = p_hold where id in (select id from unit
            where sale = p_sale and hold is null and id > start
            order by id limit missing for update skip locked);
        get diagnostics got = row_count;
        missing := missing - got;
        exit when missing = 0;
        start := 0;
    end loop;
    return missing = 0;
end
$$;

insert into sale values (1, 'open', :units, 2, 3980, '1 hour');
insert into unit select n, 1 from generate_series(1, :units) n;
create index unit_free on unit (sale, id) where hold is null;
