-- The stock is a row of numbers, apart from what is read of the sale.  Each
-- transaction waits there for the one before it to be on the disk.

create table counter (
    sale  int primary key,
    free  int not null check (free >= 0),
    held  int not null check (held >= 0)
) with (fillfactor = 10);

create function take(p_sale int, p_qty int, p_hold bigint, p_stock int)
    returns boolean
language plpgsql as $$
begin
    update counter set free = free - p_qty, held = held + p_qty
        where sale = p_sale and free >= p_qty;
    return found;
end
$$;

insert into sale values (1, 'open', 1000000000, 2, 3980, '1 hour');
insert into counter values (1, 1000000000, 0);
