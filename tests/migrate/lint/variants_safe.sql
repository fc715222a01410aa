-- Each line is a script in which the rule above it finds nothing; {x*64} is a name of 64 x.

-- FM101
alter table t add foreign key (a) references u not valid
create table t (a int references u)
create table t(a int); alter table t add foreign key (a) references u
alter table t drop constraint f
alter table t add constraint f foreign key (a) references u not enforced
create temp table t (a int); alter table t add foreign key (a) references u

-- FM102
alter table t add check (a>0) not valid
create table t(a int check (a>0))
create table t(a int); alter table t add check (a>0)
alter table t add constraint c check (a>0) not enforced

-- FM103
alter table t add constraint c check (a>0) not valid; alter table t validate constraint c
begin; alter table t validate constraint c; commit
begin; alter table t add constraint c check (a>0) not valid; commit; begin; alter table t validate constraint c; commit

-- FM104
alter table t add constraint u unique using index i
create table t(a int unique)
create table t(a int); alter table t add unique (a)
create unique index concurrently i on t(a)

-- FM105
alter table t add constraint p primary key using index i
create table t(a int primary key)
create table t(a int); alter table t add primary key (a)

-- FM106
create table t(a int, exclude (a with =))
create table t(a int); alter table t add exclude (a with =)

-- FM107
create table t(a int); create index on t(a)
create index concurrently on t(a)
create temp table t (a int); create index on t(a)
create materialized view v as select 1 a; create index on v(a)
create table t as select 1 a; create index on t(a)
select 1 a into t; create index on t(a)
create unlogged table if not exists s.t(a int); create index i on s.t(a)

-- FM108
drop index concurrently i
create table t(a int); create index i on t(a); drop index i
drop index concurrently if exists s.i restrict

-- FM109
reindex table concurrently t
reindex (concurrently) index i
reindex (concurrently true, verbose) schema s
reindex (concurrently on) table t
create table t(a int); create index i on t(a); reindex table t

-- FM110
alter table t detach partition p concurrently
alter table t detach partition p finalize
create table t (a int) partition by range (a); create table p partition of t for values from (1) to (2); alter table t detach partition p

-- FM111
create table p (like t); alter table t attach partition p for values in (1)
alter table p add constraint c check (a is not null and a = 1) not valid; alter table p validate constraint c; alter table t attach partition p for values in (1)

-- FM112
alter table t add constraint c check (a is not null) not valid; alter table t validate constraint c; alter table t alter a set not null
alter table t add constraint c check (a is not null and a > 0) not valid; alter table t validate constraint c; alter table t alter a set not null; alter table t drop constraint c
alter table t add constraint c not null a not valid
create table t(a int); alter table t alter a set not null
alter table t add constraint c check ((a) is not null) not valid; alter table t validate constraint c; alter table t alter column a set not null
alter table t add column a int; alter table t alter a drop not null
alter table t add constraint c not null a not valid; alter table t validate constraint c; alter table t alter a set not null
alter table t add constraint c check (not (a is null)) not valid; alter table t validate constraint c; alter table t alter a set not null
alter table "T" add constraint "C" check ("A" is not null) not valid; alter table public."T" validate constraint "C"; alter table "T" alter "A" set not null

-- FM113
create table t(a int); alter table t alter a type bigint
alter view v alter a set default 1
alter type c alter attribute a type text
alter table t alter a set statistics 100
alter table t alter a set storage external
alter table t add a int; alter table t alter a drop default

-- FM114
alter table t add a int default 1+1
alter table t add a timestamptz default current_timestamp
alter table t add a date default current_date
alter table t add a jsonb default '{}'::jsonb
alter table t add a int[] default array[]::int[]
alter table t add a text default current_user
alter table t add a text default upper('x')
alter table t add a timestamptz default (now() at time zone 'utc')
alter table t add a interval default make_interval(days => 3)
alter table t add a int default -1
alter table t add a text default 'random()'
alter table t add a tstzrange default tstzrange(now(), null)
alter table t alter a set default random()
alter table t add a int default extract(epoch from now())::int
alter table t add a int default coalesce(null, 1)
alter table t add a text default ''::text collate "C"
alter table t add a text default trim('  x ')
alter table t add a date default (now())::date
alter table t add a text default concat('a','b')
alter table t add a xml default xmlparse(document '<a/>')
alter table t add a int default greatest(1,2)

-- FM115
create table t(id serial)
alter table t add id int
alter table t alter id add generated always as identity
alter table t alter id set default nextval('s')

-- FM116
alter table t add a int generated always as (b+1) virtual
create table t(b int, a int generated always as (b) stored)

-- FM117
vacuum t
vacuum (analyze) t
vacuum (full false) t
analyze t
vacuum (full off) t
alter table t set (fillfactor=70)
alter table t set without oids
create table t(a int); cluster t using i

-- FM118
begin; create table t(a int); insert into t select * from u; commit
begin; alter table t add a int; commit; update t set a=1 where b
begin; alter table t add a int; insert into t(a) values (1); commit
begin; update t set a=1 where b; alter table t add c int; commit
begin; alter table t validate constraint c; update t set a=1 where b; commit

-- FM120
alter domain d add check (value > 0) not valid
alter domain d drop constraint c
alter domain d set default 1
create domain d as int; alter domain d add check (value > 0)

-- FM121
create domain d as int
create domain d as int default 1
create domain d as text collate "C"
create domain d as int null

-- FM122
refresh materialized view concurrently v
refresh materialized view v with no data
create materialized view v as select 1 with no data; refresh materialized view v

-- FM124
begin; lock table t in row exclusive mode; commit
begin; create table t(a int); lock t; commit

-- FM201
alter table t add a int; alter table t drop a
alter table t drop constraint c
create table t(a int,b int); alter table t drop a
alter table t alter a drop default
alter table t alter a drop identity
alter type c drop attribute a

-- FM202
create table t(a int); drop table t
create temp table t(a int); drop table t
drop view v
create table t as select 1; drop table if exists t

-- FM204
drop schema s
drop schema s restrict
create schema s; drop schema s cascade

-- FM205
create table t(a int); truncate t
create temp table t (a int); truncate t
delete from t where a=1

-- FM207
update t set a=1 where b
delete from t where a in (select 1)
create table t(a int); update t set a=1
with x as (delete from t where a = 1 returning *) select * from x
update t set a=1 from u where u.id=t.id
create temp table t(a int); delete from t
select * from t for update
insert into t values (1) on conflict (a) do update set a = 2

-- FM301
create table t(a int); alter table t rename a to b
alter table t add a int; alter table t rename a to b
alter table t rename constraint a to b
alter index i rename to j
alter type c rename attribute a to b

-- FM302
create table t(a int); alter table t rename to u
alter index i rename to j
alter sequence s rename to r
begin; drop view u; alter table t rename to u; commit
alter table t rename constraint a to b
begin; alter table t rename to t_old; create view t as select * from t_old; commit

-- FM303
create schema a; alter schema a rename to b
alter schema a owner to b

-- FM304
create type e as enum ('a'); alter type e rename value 'a' to 'b'
alter type e rename to f

-- FM305
alter table t alter a set not null
create table t (a int not null); alter table t alter a drop not null
alter table t alter a drop default, alter a drop identity

-- FM306
alter type e add value 'x' before 'y'
create type e as enum ('a'); alter type e add value 'x'

-- FM307
alter table t add a int not null default 0
alter table t add a int null
alter table t add a int not null generated always as (1) stored
alter table t add a bigserial not null
create table t(a int not null)
alter table t add a int not null generated by default as identity

-- FM308
alter table t add a jsonb
alter table t add a "JSON"

-- FM401
create index concurrently i on t(a)
begin; create index i on t(a); commit; create index concurrently j on t(a)
begin; alter type e add value 'x'; commit
create index concurrently i on t(a); begin; select 1; commit
begin; alter table t detach partition p finalize; commit

-- FM402
begin; select 1; commit
begin; select 1; rollback
begin; select 1; end
begin; savepoint a; release a; commit
begin; select 1; prepare transaction 'x'
begin; select 1; abort

-- FM403
begin; savepoint a; rollback to a; commit
begin; commit; begin; commit

-- FM404
create table t (a text default '{x*90}')
-- {x*90}
create table t (a int)
create table "{x*63}" (a int)
comment on table t is '{x*99}'

-- FM405
update t set a[1]=1, a[2]=2
update t set a=1,b=1
insert into t (a,b) values (1,2)
create table t (a int, "A" int)
update t set a.x=1, a.y=2

-- FM406
alter table t add column if not exists a int
create table if not exists t(a int)
drop table if exists t
create schema if not exists s
create or replace view v as select 1
begin; create table t(a int); commit
alter type e add value if not exists 'x'
create or replace function f() returns int language sql return 1

-- FM407
alter type e add value 'x'; commit; insert into t values ('x')
begin; create type e as enum ('a'); alter type e add value 'x'; insert into t values ('x'); commit
begin; alter type e add value 'x'; commit; insert into t values ('x')
begin; alter type e rename value 'a' to 'x'; update t set a = 'x' where b; commit
begin; alter type e add value 'x'; comment on table t is 'x'; commit

-- FM408
set lock_timeout='1s'; alter table t add a int
set local lock_timeout = 1000; drop table t
set session lock_timeout to '5s'; truncate t
select set_config('lock_timeout','1s',false); alter table t add a int
create table t(a int)
select pg_catalog.set_config('lock_timeout','1s',true); alter table t add a int
create table t(a int); alter table t add b int

-- FM409
set statement_timeout='1s'; alter table t add a int
set statement_timeout to 5000; drop table t

-- FM501
create table t (a "char")
create table t (a varchar)
create table t (a text)
create table t (a bpchar)
create table t (a name)

-- FM502
create table t (a varchar)
create table t (a text)
create table t (a text check (length(a) < 5))

-- FM503
create table t (a timestamptz)
create table t (a timestamp with time zone)
create table t (a timestamptz(3))
create table t (a date)

-- FM504
create table t (a bigint)
create table t(a int8)
create table t (a numeric)
create table t (a oid)

-- FM505
create table t (a int)
create table t (a bigint)

-- FM506
create table t (a int generated always as identity)
create table t (a bigint default nextval('s'))

-- FM507
create table s.t (a int)
create temp table t (a int)
alter table s.t add a int
drop view v

-- FM508
create unique index concurrently i on t(a,b,c,d)
create index concurrently i on t(a,b,c)
create index concurrently i on t(a,b,c) include (d,e)

-- FM601
create table t (a int primary key references u)
create table t (a int references u); create index on t(a)
alter table t add foreign key (a) references u not valid; create index concurrently i on t(a,b)
create table t (a int, b int, foreign key (a,b) references u, primary key (b,a))
create table t (a int references u, unique (a,b))
create table t (a int references u); create index on t using hash (a)

-- FM207
do $$ begin loop update t set a = 1 where ctid = any (array(select ctid from t where a is null limit 1000)); exit when not found; commit; end loop; end $$
do $$ begin /* delete from t; */ perform 1; end $$

-- FM107
do $$ begin perform 'create index i on t(a)'; end $$
create function f() returns void language plpgsql as $$ begin create index i on t(a); end $$
comment on table t is 'create index i on t(a)'
select 1 -- ; create index i on t(a)
/* create index i on t(a); */ select 1
create table "T"("A" int); create index on "T"("A")
create table public.t(a int); create index on t(a)
create table t(a int); create index on public.t(a)
CREATE TABLE T(a int); CREATE INDEX ON t(a)
create table t (like u including all); create index on t(a)
create table a(x int); alter table a rename to b; create index on b(x)
create schema s create table t(a int) create index i on t(a)

-- FM103 deployed
alter table t add constraint c check (a>0) not valid; create index concurrently i on t(a); alter table t validate constraint c;

-- FM118 deployed
alter table t add a int; create index concurrently i on t(b); update t set a=1 where b

-- FM407 deployed
alter type e add value 'x'; create index concurrently i on t(b); insert into t values ('x')

-- FM401 deployed
select 1; create index concurrently i on t(a); select 2

-- FM401 12
begin; alter type e add value 'x'; commit

-- FM111
create table p partition of t for values in (1)

-- FM302
create table a(x int); alter table a rename to b; alter table b rename to c

-- FM201
drop type e
create type e as enum ('a'); drop type e cascade
drop function f() cascade
drop domain d restrict
