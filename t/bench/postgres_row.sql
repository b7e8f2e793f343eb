-- The stock is a number in the sale's row.  Each transaction waits there for
-- the one before it to be on the disk.

create function take(p_sale int, p_qty int, p_hold bigint) returns boolean
language plpgsql as $$
begin
    update sale set free = free - p_qty, held = held + p_qty
        where id = p_sale and state = 'open' and free >= p_qty;
    return found;
end
$$;

insert into sale
    values (1, 'open', 1000000000, 1000000000, 0, 2, 3980, '1 hour');
