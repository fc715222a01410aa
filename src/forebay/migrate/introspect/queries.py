"""What the catalog is asked. Each query takes the schemas that are looked at, and nothing else."""

# Tables of partitions belong to the table that is partitioned, and those of extensions to nobody.
_OURS = """
    n.nspname = any(%(schemas)s)
    and not c.relispartition
    and not exists (
        select from pg_depend e
        where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
    )
"""

TABLES = f"""
select n.nspname, c.relname, c.relkind::text, obj_description(c.oid, 'pg_class'),
    c.relhassubclass, c.relrowsecurity
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p') and {_OURS}
order by n.nspname collate "C", c.relname collate "C"
"""

# A column of a domain is one of the type beneath it, as `information_schema` has it.
COLUMNS = f"""
select
    n.nspname, c.relname, a.attname, a.attnotnull or (dt.typtype = 'd' and dt.typnotnull),
    t.typname, tn.nspname, t.typtype::text, t.typcategory = 'A' and t.typelem <> 0,
    coalesce(el.typname, t.typname), coalesce(en.nspname, tn.nspname),
    coalesce(el.typtype, t.typtype)::text,
    m.modifier, format_type(t.oid, m.modifier), pg_get_expr(d.adbin, d.adrelid),
    a.attidentity::text, a.attgenerated::text, col_description(c.oid, a.attnum)
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_type dt on dt.oid = a.atttypid
join pg_type t on t.oid = case dt.typtype when 'd' then dt.typbasetype else dt.oid end
cross join lateral (
    select case dt.typtype when 'd' then dt.typtypmod else a.atttypmod end
) as m(modifier)
join pg_namespace tn on tn.oid = t.typnamespace
left join pg_type el on el.oid = t.typelem and t.typcategory = 'A'
left join pg_namespace en on en.oid = el.typnamespace
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v') and {_OURS}
order by n.nspname collate "C", c.relname collate "C", a.attnum
"""

# Keys too. A column of an index is an expression where `attnum` is 0.
INDEXES = f"""
select
    n.nspname, c.relname, ic.relname, i.indisprimary, i.indisunique, am.amname,
    array_agg(a.attname order by k.place),
    array_agg(i.indoption[k.place - 1] & 1 order by k.place),
    array_agg(
        case
            when not oc.opcdefault and am.amname not in ('btree', 'hash') then oc.opcname
        end order by k.place
    ),
    pg_get_expr(i.indpred, i.indrelid), con.oid is not null, i.indisvalid,
    bool_or(k.attnum = 0), con.contype::text, coalesce(con.condeferrable, false),
    array_agg(i.indoption[k.place - 1] & 2 <> 0 order by k.place)
from pg_index i
join pg_class c on c.oid = i.indrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_class ic on ic.oid = i.indexrelid
join pg_am am on am.oid = ic.relam
cross join lateral unnest(i.indkey::int2[]) with ordinality as k(attnum, place)
left join pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum and k.attnum <> 0
left join pg_opclass oc on oc.oid = i.indclass[k.place - 1]
left join pg_constraint con
    on con.conindid = i.indexrelid and con.conrelid = i.indrelid and con.contype in ('p', 'u', 'x')
where k.place <= i.indnkeyatts and c.relkind in ('r', 'p') and {_OURS}
group by n.nspname, c.relname, ic.relname, i.indisprimary, i.indisunique, am.amname, i.indpred,
    i.indrelid, con.oid, i.indisvalid, con.contype, con.condeferrable
order by n.nspname collate "C", c.relname collate "C", ic.relname collate "C"
"""

FOREIGN_KEYS = f"""
select
    n.nspname, c.relname, con.conname,
    array(
        select a.attname from unnest(con.conkey) with ordinality as k(attnum, place)
        join pg_attribute a on a.attrelid = con.conrelid and a.attnum = k.attnum order by k.place
    ),
    fn.nspname, f.relname,
    array(
        select a.attname from unnest(con.confkey) with ordinality as k(attnum, place)
        join pg_attribute a on a.attrelid = con.confrelid and a.attnum = k.attnum order by k.place
    ),
    con.confdeltype::text, con.confupdtype::text, con.condeferrable
from pg_constraint con
join pg_class c on c.oid = con.conrelid
join pg_namespace n on n.oid = c.relnamespace
join pg_class f on f.oid = con.confrelid
join pg_namespace fn on fn.oid = f.relnamespace
where con.contype = 'f' and con.conparentid = 0 and {_OURS}
order by n.nspname collate "C", c.relname collate "C", con.conname collate "C"
"""

# What else a table's rows are held to.
CONSTRAINTS = f"""
select n.nspname, c.relname, con.conname, con.contype::text
from pg_constraint con
join pg_class c on c.oid = con.conrelid
join pg_namespace n on n.oid = c.relnamespace
where con.contype in ('c', 'x') and {_OURS}
order by n.nspname collate "C", c.relname collate "C", con.conname collate "C"
"""

ENUMS = """
select n.nspname, t.typname, array_agg(e.enumlabel order by e.enumsortorder),
    obj_description(t.oid, 'pg_type')
from pg_type t
join pg_enum e on e.enumtypid = t.oid
join pg_namespace n on n.oid = t.typnamespace
where n.nspname = any(%(schemas)s)
group by n.nspname, t.typname, t.oid
order by n.nspname collate "C", t.typname collate "C"
"""

VIEWS = """
select n.nspname, c.relname, pg_get_viewdef(c.oid), obj_description(c.oid, 'pg_class')
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('v', 'm') and n.nspname = any(%(schemas)s)
    and not exists (
        select from pg_depend e
        where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e'
    )
order by n.nspname collate "C", c.relname collate "C"
"""

EXTENSIONS = """
select e.extname, n.nspname, e.extversion
from pg_extension e join pg_namespace n on n.oid = e.extnamespace
order by e.extname collate "C"
"""

SCHEMAS = """
select nspname from pg_namespace where nspname = any(%(schemas)s) order by nspname collate "C"
"""
