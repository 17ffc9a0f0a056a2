-- seen through
select * from stg.orders
select * exclude (tags, part) replace (amount * 2 as amount) from stg.orders
select id, amount::int as a from stg.orders where not (status = 'paid' and id > 3)
select o.*, c.name from stg.orders o join stg.customers c using (cid)
select cid, orders.id from stg.orders left join stg.customers using (cid) join stg.orders o using (cid)
select cid from stg.orders right join stg.customers using (cid)
select cid, name from stg.orders full join stg.customers using (cid)
select * from stg.orders full join stg.customers using (cid)
select * from stg.orders right join stg.customers using (cid)
select status, count(*), sum(amount) filter (where id > 3) from stg.orders group by status having count(*) > 1 order by 2 desc
select status, count(*) n from stg.orders group by 1 order by 2 desc, 1
select status, count(*) n from stg.orders group by all order by all
select distinct status from stg.orders
select distinct on (cid) cid, id, amount from stg.orders order by cid, placed_at desc, id
select *, row_number() over (partition by cid order by placed_at desc, id) rn from stg.orders qualify rn = 1
select * from (select id, amount from stg.orders) t where t.amount between 1 and 50
select id from stg.orders where cid in (select cid from stg.customers where country = 'DE')
select id from stg.orders where cid not in (select cid from stg.customers)
select id from stg.orders where cid not in (1, 3)
select id from stg.orders o where exists (select 1 from stg.customers c where c.cid = o.cid)
select id from stg.orders where not exists (select 1 from stg.customers where customers.cid = orders.cid)
select id, (select max(name) from stg.customers c where c.cid = o.cid) as nm from stg.orders o
select id from stg.orders where status like 'p%' and status not like 'b%' or status ilike 'PAID'
select id from stg.orders where status is not null or not amount is null
select id from stg.orders where status is distinct from 'paid' and amount is not distinct from 10.5
select case when amount > 10 then 'a' when amount > 2 then 'b' else 'c' end as k from stg.orders
select case status when 'paid' then 1 else 2 end k from stg.orders
select date_trunc('month', placed_at) m, extract(year from placed_at) y, placed_at::date d from stg.orders
select placed_at + interval 1 day as t, placed_at - interval '2 hours' as u, placed_at + interval '1' month v from stg.orders
select date_diff('day', placed_at, date '2024-03-01') d, datediff('hour', placed_at, placed_at) e, strftime(placed_at, '%Y-%m') f, date_part('dow', placed_at) g from stg.orders
select unnest(tags) t, id from stg.orders
select id, t.x from stg.orders, unnest(tags) as t(x)
select part.a, part.b, part['a'] as c from stg.orders
select list_transform(tags, x -> upper(x)) l, [x || 'a' for x in tags] m from stg.orders
select list_transform(tags, lambda x: upper(x)) l from stg.orders
select id, tags[1] t1, len(tags) n, list_contains(tags, 'a') h from stg.orders
select string_agg(status, ',' order by id) s, array_agg(id order by id) a, first(id order by id) f, arg_max(id, placed_at) am from stg.orders where id < 6
select id from stg.orders union all select cid from stg.customers
select id as k from stg.orders union select cid from stg.customers order by k limit 3
select id from stg.orders except select cid from stg.customers
select id from stg.orders intersect all select cid from stg.customers
select id, status as s from stg.orders union by name select cid as id from stg.customers
with a as (select id, cid from stg.orders), b as (select cid, count(*) n from a group by 1) select * from b where n > 1
with recursive r as (select 1 as n union all select n + 1 from r where n < 5) select n from r
select a.id, b.id as bid from stg.orders a cross join stg.orders b where a.id < b.id
select id from stg.orders natural join stg.customers
select id, name from stg.orders asof join stg.customers on orders.cid = customers.cid and placed_at >= joined_at
select id, name from stg.orders positional join stg.customers
from stg.orders select id, status where id > 3
from stg.orders
select id, amount / 2 as half, id // 2 as h2, id % 2 as m, -id as neg from stg.orders
select id ** 2 as p, power(id, 2) q, amount * 1.5e3 z from stg.orders
select 'it''s' as a, 'x' || chr(10) as b, $$dollar$$ as c, 1_000 as d, true as f, null as g from stg.orders
select lower(status) s, upper(trim(status)) u, concat(status, 'x', id) c, status || '-' || id d, substring(status, 1, 2) e, status[1:2] f, replace(status,'a','b') g, split_part(status,'-',1) h from stg.orders
select regexp_matches(status, '^a') i, regexp_replace(status,'a','b','g') j, regexp_extract(status, '(.)-(.)', 2) k from stg.orders
select coalesce(status, 'x') s, nullif(status, '') n, ifnull(amount, 0) i, greatest(id, cid) g, least(id, cid) l, if(id > 1, 'a', 'b') f from stg.orders
select round(amount, 1) r, floor(amount) f, ceil(amount) c, abs(id) a, sqrt(id) s, ln(id) l from stg.orders
select sum(amount) over (partition by cid order by id rows between unbounded preceding and current row) s, lag(amount, 1, 0) over w l from stg.orders window w as (partition by cid order by id)
select id, avg(amount) over (order by placed_at range between interval 7 days preceding and current row) a from stg.orders
select ntile(4) over (order by amount, id) q, percent_rank() over (order by amount) p, dense_rank() over (order by amount desc nulls last) d from stg.orders
select quantile_cont(amount, 0.5) m, median(amount) md, stddev(amount) sd, bool_and(id > 1) ba, count(distinct cid) cd, count_if(id>1) ci from stg.orders
select cid, status, sum(amount) from stg.orders group by rollup (cid, status)
select cid, status, sum(amount), grouping(cid) from stg.orders group by grouping sets ((cid), (status), ())
select id, try_cast(status as integer) t, cast(id as decimal(10,2)) d, id::varchar v from stg.orders
select {'a': id, 'B': status} as s, map {'k': id} as m, [id, cid] as l, struct_pack(X := id) p from stg.orders
select payload->>'$.a' a, payload->'$.A' b, json_extract_string(payload, '$.a') c from raw.web.events
select kind, count(*) as n from raw.web.events group by kind having kind <> 'view'
select * from stg.customers order by cid nulls first, name limit 3 offset 2
select * from generate_series(1, 10) g(i)
select * from range(date '2024-01-01', date '2024-02-01', interval 1 day) t(d)
select o.id, x.n from stg.orders o, lateral (select count(*) n from stg.customers where customers.cid = o.cid) x
select sum(id) s, sum(amount) t, avg(id) a from stg.orders
select id, status from stg.orders where (id, cid) in (select cid, cid from stg.customers)
select id, id + 1 as next, next * 2 as twice from stg.orders
select status as s, count(*) from stg.orders group by s having s <> 'open'
select any_value(name) n from stg.customers semi join stg.orders using (cid)
select name from stg.customers anti join stg.orders on customers.cid = orders.cid
select * from stg.customers where cid = any(select cid from stg.orders) and cid > all(select 0)
select * from (values (1, 'a'), (2, 'b')) v(x, y)
select epoch(placed_at) e, make_date(2024, 1, id) d, last_day(placed_at) l, monthname(placed_at) mn from stg.orders
select md5(status) m, printf('%d', id) p, format('{}', id) f from stg.orders
with x as (select id as Foo, status as "Bar" from stg.orders) select * from x
select to_json(o) j from stg.orders o
select struct_pack(Foo := id).foo f from stg.orders
select count(*) n from (select distinct cid, status from stg.orders)
select o.cid, sum(o.amount) as amount from stg.orders o group by o.cid having sum(amount) > 5
select id as cid, cid as id from stg.orders order by id, cid
select amount + 1 as amount from stg.orders where amount > 5
select status, amount as status2, row_number() over (order by id) from stg.orders
select upper(status) as status from stg.orders group by status
select upper(status) as status, count(*) n from stg.orders group by 1
select upper(status) as status from stg.orders order by status
select upper(status) as status, count(*) from stg.orders group by all having status is not null
select a.* from stg.orders a left join stg.orders b on a.id = b.id + 1 where b.id is null
select * from stg.orders tablesample reservoir(100%) repeatable (1)
select id from stg.orders where placed_at >= '2024-01-01' and placed_at < date '2024-02-01' + 30
select id, status in ('paid', 'open') as known, status not in ('paid') as other from stg.orders
select #1 from (select id from stg.orders)
select id from stg.orders where tags @> ['a']
select id, rank() over (partition by status order by amount desc) r from stg.orders qualify r <= 2 order by id
select stg.orders.id, orders.status from stg.orders where stg.orders.amount > 1
select raw.web.events.kind from raw.web.events
select cid, listagg(distinct status, ',' order by status) from stg.orders group by cid
select coalesce(o.cid, c.cid) as cid from stg.orders o full join stg.customers c using (cid)
select id from stg.orders where amount > (select avg(amount) from stg.orders x where x.cid = orders.cid)
with orders as (select * from stg.orders where id > 2) select orders.id from orders
with stg_orders as materialized (select id from stg.orders) select * from stg_orders
select t.* exclude cid from stg.customers t
select id, not status = 'paid' as np, (not (id > 2)) and true as q, - - id as dd, id - -1 as e from stg.orders
select id between 2 and 4 as b, id not between 2 and 4 as nb, not id between 2 and 4 nc from stg.orders
select a.id from stg.orders a join stg.orders b on a.id = b.id and (a.cid = b.cid or a.cid is null)
select (select 1), id from stg.orders where (cid is null) is true or (cid = 2) is not true
select sum(case when status = 'paid' then amount end) / nullif(count(*), 0) as avg_paid from stg.orders
select exists (select 1 from stg.customers where country = 'FR') as has_fr
select id + cid * 2 - (id - cid) - (1 - (2 - id)) as n, (id + cid) / (cid - 10) as m from stg.orders
select 1 as one where 1 = 0 union all select 2
(select id from stg.orders union select cid from stg.customers) intersect select 2
select id from stg.orders union (select cid from stg.customers except select 2)
select id from stg.orders union all select cid from stg.customers except select 2
select case when cid is null then 'none' else cid::text end as c from stg.orders
select count(*) filter (status = 'paid') as p from stg.orders
select o.status s, c.country from stg.orders as o inner join stg.customers as c on (o.cid = c.cid) where lower(c.country) = 'de'
select E'a\nb' as e
select id, max(amount) over () m, sum(sum(id)) over () from stg.orders group by id, amount
select date '2024-01-31' + interval '1 month' as d, date '2024-01-31' - 3 as e, placed_at::date - date '2024-01-01' as days from stg.orders
select replace(status, 'a', '') as status, length(status) n from stg.orders
select first_value(id ignore nulls) over (order by id) f, nth_value(id, 2) over (order by id) n from stg.orders
select id as "My Id", "Status" from stg.orders where "ID" = 1
select o."ID" as ID, o.Status from stg.orders o
select amount as id, id as amount from stg.orders where id > 2
select id as status, count(*) from stg.orders group by id, orders.status
select lower(status) as status, count(*) n from stg.orders group by status
select lower(status) as status, count(*) n from stg.orders group by all having status = 'paid'
select lower(status) as status, sum(amount) as amount from stg.orders group by 1 having sum(amount) > 1 order by amount
select -id as id from stg.orders order by id limit 3
select -id as id from stg.orders order by orders.id, cid limit 3
select -id as x from stg.orders order by -x limit 2
select id, row_number() over (order by id desc, cid) as id2 from stg.orders order by id2 limit 3
select t.a, t.b from (values (1, 'x'), (2, NULL)) t(a, b)
with t(a, b) as (select id, status from stg.orders) select b, a from t
with t as (select id from stg.orders), u as (with t as (select cid as id from stg.customers) select * from t) select t.id, u.id as uid from t join u on t.id = u.id
with t as (select 1 as x) select (with t as (select 2 as x) select x from t) as y, x from t
with recursive r(n, s) as (select 1, 'a' union all select n + 1, s || 'b' from r where n < 4) select * from r
with recursive up as (select cid, id from stg.orders where id = 1 union select o.cid, o.id from stg.orders o join up on o.id = up.id + 1) select * from up
select id, unnest(tags) as tag, unnest([1, 2]) as n from stg.orders
select o.id, t.tag from stg.orders o cross join unnest(o.tags) as t(tag)
select o.id, t.tag from stg.orders o left join lateral (select unnest(o.tags) as tag) t on true
select orders.* exclude (part, tags), customers.name from stg.orders, stg.customers where orders.cid = customers.cid
select o.* replace (upper(o.status) as status) from stg.orders o
select count(*) from stg.orders o asof left join stg.customers c on o.cid = c.cid and o.placed_at >= c.joined_at
select (placed_at at time zone 'UTC')::varchar as z from stg.orders
select id between 1 and 3 and cid = 1 as a, not (id between 1 and 3) or cid is null as b from stg.orders
select case when id = 1 then case when cid = 1 then 'a' end else coalesce(status, case when true then 'z' end) end as c from stg.orders
select (id, cid) in ((1, 1), (2, 1)) as a, (id, cid) = (1, 1) as b from stg.orders
select coalesce(id, cid) as a, o.cid from stg.orders o left join stg.customers c using (cid)
select cid from stg.orders o join stg.customers c using (cid) join raw.web.events e using (cid)
select cid, name, kind from stg.orders o left join stg.customers c using (cid) full join raw.web.events e using (cid)
select cid, name, kind from stg.orders o left join stg.customers c using (cid) right join raw.web.events e using (cid)
select name from stg.customers c where exists (select 1 from stg.orders where cid = c.cid)
select name from stg.customers where (select count(*) from stg.orders where orders.cid = customers.cid) > 1
select (select max(id) from stg.orders where cid = c.cid and exists (select 1 from raw.web.events e where e.cid = c.cid)) as m from stg.customers c
select sum(id) filter (where status is not null) as a, count(*) filter (where not status = 'paid') b from stg.orders
select status, sum(amount) over w as s, avg(id) over (w rows 1 preceding) as a from stg.orders window w as (partition by status order by id)
select sum(distinct cid) s, count(distinct status) c, string_agg(distinct status, '|' order by status) from stg.orders
select grouping_id(cid, status) g, count(*) from stg.orders group by cube (cid, status)
select cid, count(*) as n from stg.orders group by cid having n = (select max(n) from (select count(*) as n from stg.orders group by cid))
select x.id, y.id as yid from stg.orders x, stg.orders y where x.id + 1 = y.id and x.cid is not distinct from y.cid
select try_cast(status as integer) is null as bad, status::varchar[] is null as l from (select 'x' as status) where status <> '[a]' and status not in ('[]') and false
select 'ünï' || chr(228) as u, 'a''b"c' as q, '' as e, ' ' as sp, '-- no comment' as c, '/* x */' as d
select e'\x41' as a
select $tag$it's$tag$ as a
select 1e10 as a, 1.0 as b, 1.50 as c, 100000000000000000000 as d, 0.1 + 0.2 as e
select true and null as a, null or true as b, not null as c, null = null as d
select id from stg.orders where status = any(['paid', 'open'])
select id from stg.orders where 'a' in tags
select id from stg.orders where list_contains(tags, 'a') and array_length(tags) > 1
select status[1] as a, status[-1] as b, status[2:] as c, tags[-1] as d, tags[1:2] as e from stg.orders
select strptime('2024-01-05', '%Y-%m-%d') as a, '2024-01-05'::date + 1 as b, make_timestamp(2024, 1, 1, 0, 0, 0.0) as c
select dayname(placed_at) a, year(placed_at) b, extract('month' from placed_at) c, date_part('epoch', placed_at) d, week(placed_at) e, placed_at::time f from stg.orders
select time_bucket(interval '1 week', placed_at) as a, date_trunc('week', placed_at) as b, age(placed_at, timestamp '2024-01-01') as c from stg.orders
select placed_at > '2024-01-15' as a, placed_at - interval '1 month 2 days' as b, placed_at + 3 * interval '1 day' c, placed_at + interval (id) day d from stg.orders
select count(*) as n from stg.orders where placed_at between timestamp '2024-01-01' and '2024-12-31'::timestamp
select bool_or(id = 1) a, any_value(cid) b, arg_min(status, id) c, var_pop(id) d, corr(id, cid) e, bit_and(id) f, product(id) g from stg.orders
select lag(id) over (order by id) a, lead(id, 2, -1) over (order by id) b, first_value(id) over (order by id) c, cume_dist() over (order by id) d from stg.orders
select sum(id) over (order by id groups between 1 preceding and 1 following exclude ties) s from stg.orders
select * from stg.orders semi join stg.customers on orders.cid = customers.cid and country = 'DE'
select * from stg.customers order by all desc limit 2
select * from (from stg.customers) limit 0
from (select id, cid from stg.orders) where id < 3
from stg.orders o join stg.customers c using (cid) select o.id, c.name
select id, len from (select id, length(status) as len from stg.orders) where len > 3
select list_filter(tags, x -> x <> 'a') f, list_reduce([1, 2, 3], (a, b) -> a + b) r, [y || status for y in tags if y is not null] c from stg.orders
select map {'a': 1}['a'] m, map_keys(map(['x'], [1])) k, element_at(map {'b': 2}, 'b') e
select struct_extract(part, 'a') a, part.b || 'x' b, row(1, 'a') r, (part).a as c from stg.orders
select {'Camel': id, 'low': {'X': status}} as s from stg.orders
select to_json({'A': id}) j, json_object('K', status) o, json_array(id, 'V') a from stg.orders
select id from stg.orders where (status, id) in (select status, max(id) from stg.orders group by status)
select id from stg.orders where id not in (select cid from stg.customers where cid is not null)
select id from stg.orders where cid in (select cid from stg.customers union select 9)
select * from (select id from stg.orders order by id desc limit 2) order by id
(select id from stg.orders order by id limit 1) union all (select cid from stg.customers order by cid nulls last limit 1)
select id from stg.orders order by status nulls first, id desc limit 2
select id from stg.orders order by status collate nocase, id limit 4
select distinct on (status) status, id from stg.orders order by status, id desc
select distinct status, upper(status) as u from stg.orders order by u
select id::int8 as a, id::float as b, id::hugeint as c, '1'::utinyint as d, 'x'::blob as e, amount::double as f from stg.orders
select md5(concat_ws('|', id, status, cid)) as k, hash(1) = hash(1) as h from stg.orders
select coalesce(nullif(trim(lower(status)), ''), 'unknown') as status, sum(coalesce(amount, 0)) as total from stg.orders group by 1
with ranked as (select *, row_number() over (partition by cid order by placed_at desc nulls last, id) as rn from stg.orders) select * exclude (rn) from ranked where rn = 1
with m as (select date_trunc('month', placed_at) as month, sum(amount) as revenue from stg.orders where status = 'paid' group by 1) select month, revenue, revenue - lag(revenue) over (order by month) as delta from m
select c.country, count(distinct o.id) as orders, sum(o.amount) / count(distinct o.cid) as per from stg.customers c left join stg.orders o on o.cid = c.cid group by c.country having count(o.id) >= 0
select id, sum(id) as s from stg.orders group by grouping sets ((id), ())
select unnest(generate_series(1, 3)) as n
select * from generate_series(timestamp '2024-01-01', timestamp '2024-01-03', interval '1 day') t(d)
select id from stg.orders using sample 100 percent (system, 1)
select excluded.id from stg.orders as excluded
select "order".id as "select", "order"."status" as "from" from stg.orders as "order"
select a.b.c from (select {'b': {'c': 1}} as a)
select a.b.c from (select {'c': 2} as b) as a
select orders from stg.orders where id = 1
select count(orders) n, count(distinct orders.part) p from stg.orders
select alias.id as id, alias.id + 1 as alias from stg.orders alias
select id as x, x + 1 as y, y * 2 as z from stg.orders where x > 2
select id as x from stg.orders group by x having x > 2 order by x
select sum(id) as s, s + 1 as t from stg.orders
select status as s, sum(id) as total, total / count(*) as per from stg.orders group by s
select id + 1 as id, id * 2 as twice from stg.orders
select id + 1 as id2, id2 as cid, cid as c from stg.orders
select upper(status) as status from stg.orders where status = 'paid'
select max(id) as id from stg.orders having max(id) > 2
select cid as id, max(id) as m from stg.orders group by cid order by id
select max(id) as m, cid from stg.orders group by cid order by max(id), cid
select id from stg.orders qualify count(*) over (partition by status) > 1
select id, cid from stg.orders qualify row_number() over (partition by cid order by id) = 1 and id > 1
select id i, rank() over (order by amount) r from stg.orders where i > 1 qualify r < 3
select *, id * 2 as id2 from stg.orders
select o.*, o.id as again from stg.orders o
select * exclude (id), id as id from stg.orders
select count(1), count(), count(id) as c from stg.orders
select 1 union select 1 union all select 1
select 1 as a union all select 2 order by a desc limit 1
select id from stg.orders except all select id from stg.orders where id = 6 limit 3
select id from (select id from stg.orders) where id in (select id from (select id from stg.orders where status = 'paid'))
select * from (select 1 as a) x join (select 1 as a, 2 as b) y using (a)
select x.a from (select 1 as a) x join (select 1 as a) y on x.a = y.a join (select 1 as a) z on z.a = y.a
select id from stg.orders where id = 1 or id = 2 and cid = 1 or not id = 3 and (cid = 2 or id = 7)
select id from stg.orders where not (not (id = 1) or cid = 1)
select id from stg.orders where not (id = 1 and cid = 1) and not (id > 3 or cid is null)
select id from stg.orders where id <> 1 and not id <> 2
select id from stg.orders where not (id < 2) and not (id >= 5)
select id from stg.orders where (id > 1) = true and (cid is null) = false
select id from stg.orders where true
select id from stg.orders where 1 = 1 and id > 1
select id from stg.orders where id > 1 and id > 1
select left(status, 2) l, right(status, 2) r, lpad(status, 6, '*') lp, repeat('a', 3) rp, reverse(status) rv, strpos(status, 'a') p, position('a' in status) q, contains(status, 'a') c, starts_with(status, 'p') sw, status ^@ 'p' sw2 from stg.orders
select regexp_extract_all('a1b2', '[0-9]') a, regexp_split_to_array('a,b', ',') b, string_split('a b', ' ') c, str_split('a', 'b') d, regexp_full_match('a', 'a') e
select to_days(3) a, to_hours(2) b, to_milliseconds(5) c, epoch_ms(placed_at) e, date_add(date '2024-01-01', interval 1 month) f, date_sub('month', date '2024-01-01', date '2024-03-01') g from stg.orders
select * from stg.orders where placed_at < current_date + interval 10 years
select bar(1, 0, 10, 5), cardinality(map {'a': 1}), array_agg(id order by id desc nulls first) filter (where id > 1) from stg.orders
select approx_count_distinct(id) > 0 a, quantile_disc(id, [0.25, 0.5]) q, percentile_cont(0.5) within group (order by id) p, mad(id) m, kurtosis(id) > 0 k, entropy(id) > 0 e from stg.orders
select histogram(cid) h, list_sort(list(status)) l, max(id, 2) m2, min_by(status, id) mb, bit_xor(id) x, first(id) is null f from stg.orders where id < 5
-- it uses something that the analyser does not follow
select 10 / 4 as a, 10 // 4 as b, 10 % 4 as c, 2 ^ 3 as d, 7 & 3 as e, 7 | 8 as f, 1 << 3 as g, ~1 as h, 5! as i
-- its compiled form is not the same query
select list(distinct status order by status) l, max_by(status, id) m from stg.orders
with X as (select id as Foo from stg.orders) select to_json(x) j from X
select o from (select id as Foo from stg.orders) o
select id from stg.orders where status similar to 'p.*' or status ~ '^a' or status glob 'P*'
select cid, name, kind from stg.orders o full join stg.customers c using (cid) left join raw.web.events e using (cid)
select cid, name, kind from stg.orders o right join stg.customers c using (cid) left join raw.web.events e using (cid)
select cid, name, kind from stg.orders o right join stg.customers c using (cid) right join raw.web.events e using (cid)
select first(status order by id desc) f, list(id order by id desc)[1:2] l, min(id) + max(id) as mm from stg.orders
select list_zip([1, 2], ['a', 'b']) as z, list_aggregate([1, 2], 'sum') as s, [1, 2] || [3] as c, range(3) r, array[1, 2] as arr
select payload.a as a, payload->'b'->>0 as b, json_type(payload) t, payload::varchar v from raw.web.events
select json_extract_string(payload, '$.A') as a, payload->>'A' as b, json_extract(payload, '/a') as c from raw.web.events
select abs(-5), round(2.567, 2), trunc(2.9) t, sign(-2), mod(7, 3), gcd(4, 6), pi() > 3, log(100), log2(8), exp(0), cbrt(27)
select current_date is not null as a, now() is not null as b, current_timestamp is null as c, today() is null d, get_current_timestamp() is null e
-- its output columns cannot be told apart
select columns('.*id') from stg.orders
select min(columns(*)) from stg.customers
select * from (pivot stg.orders on status in ('paid','open') using sum(amount) group by cid)
select * from (unpivot (select id, cid from stg.orders) on id, cid into name k value v)
select * like '%id' from stg.orders
select part.* from stg.orders
select unnest(part) from stg.orders
select columns(c -> c like '%id') from stg.orders
select id from stg.orders union all by name select cid, 1 as id from stg.customers
