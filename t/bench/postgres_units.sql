-- The stock is a row for each unit; each transaction takes rows that nobody
-- else has, so that their commits share a sync.

create table unit (
    id    int primary key,
    sale  int not null,
    hold  bigint
);

create function take(p_sale int, p_qty int, p_hold bigint) returns boolean
language plpgsql as $$
declare
    got  int;
begin
    update unit set hold = p_hold
        where id in (select id from unit where sale = p_sale and hold is null
            order by id limit p_qty for update skip locked);
    get diagnostics got = row_count;
    return got = p_qty;
end
$$;

insert into sale values (1, 'open', :units, :units, 0, 2, 3980, '1 hour');
insert into unit select n, 1 from generate_series(1, :units) n;
create index unit_free on unit (sale, id) where hold is null;
