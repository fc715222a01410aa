"""Databases to pull: what makes each, the schema before, and why our text is not Prisma's, if so.

Where a reason is given, Prisma's text is not sound, loses something, or cannot be made again.
"""

from __future__ import annotations

from dataclasses import dataclass

from forebay.migrate.to_schema.sentences import FIELD_COMMENTED_OUT, NO_COLUMNS
from tests.reference.wasm import Files

PLAIN = """\
generator client {
  provider = "prisma-client-js"
}

datasource db {
  provider = "postgresql"
}
"""
VIEWS = PLAIN.replace('-js"', '-js"\n  previewFeatures = ["views"]')
SCHEMAS = PLAIN.replace('sql"', 'sql"\n  schemas  = ["a", "b"]')


@dataclass(frozen=True)
class Case:
    """A database by the script that makes it; ``why`` names the difference that there may be."""

    name: str
    script: str
    files: Files = (("schema.prisma", PLAIN),)
    why: str | None = None


def _case(name: str, script: str, before: str = "", why: str | None = None) -> Case:
    return Case(name, script, (("schema.prisma", PLAIN + before),), why)


CASES = (
    _case(
        "native types",
        """create domain short as varchar(20) not null;
        create table t (id int primary key, a smallint, b bigint, c oid, d real, e float8,
            f numeric, g numeric(5), h numeric(10, 2), i money, j bool, k text, l varchar,
            m varchar(3), n char(4), q uuid, r inet, s bit, t bit(3),
            u varbit, v varbit(5), w xml, x bytea, y json, z jsonb, aa timestamp,
            ab timestamp(3), ac timestamptz, ad date, ae time, af time(0), ag timetz(2), ah short,
            ai interval, aj tsvector, ak point, al int4range, am cidr)""",
    ),
    _case(
        "characters without a length",
        """create table t (id int primary key, a bpchar, b "char")""",
    ),
    _case(
        "lists",
        """create type mood as enum ('up', 'down');
        create table t (id int primary key, a int[], b text[] default '{}',
            c varchar(3)[] default '{a,b c}', d timestamp[], e timestamptz(3)[],
            f numeric(5, 2)[] default '{1.10}', g mood[] default '{up}', h bool[] default '{t,f}',
            i text[] default array['it''s', 'b"c'], j jsonb[] default '{}',
            k int[] default '{1,2,null}', l uuid[] default '{}', m int[] default array[1, -2],
            n text[] default array[]::text[], o bigint[], p text[][] default '{{a},{b}}')""",
    ),
    _case(
        "defaults",
        r"""create type mood as enum ('up', 'so so'); create sequence drawn;
        create table t (id serial primary key, a bigserial, b smallserial,
            c int generated always as identity, d bigint not null default nextval('drawn'),
            e text default 'it''s', f text default E'tab\t "x" \\ end', g int default -1,
            h int default 1 + 1, i bool default true, j mood default 'so so',
            k numeric default -5.10, l float8 default 1e-7, m real default 1e10,
            n numeric default 'NaN', o timestamp default now(),
            p timestamptz default current_timestamp, q timestamptz(3) default current_timestamp(3),
            r date default current_date, s time default '10:00', t uuid default gen_random_uuid(),
            u jsonb default '{"a": [1]}', v json default '[]', w bytea default '\x0102',
            x text default null, y varchar(3) default '', z inet default '127.0.0.1',
            aa bit(3) default B'101', ab text default current_user,
            ac timestamp default (now() at time zone 'utc'), ad interval default '1 day',
            ae bigint default 9223372036854775807, af text default 'a' || 'b',
            ag int generated always as (1 + 1) stored)""",
    ),
    _case(
        "keys and indexes",
        """create table t (id int, a int, b text, c jsonb, d timestamptz, e inet, f int[],
            constraint own_key primary key (id), unique (a), constraint ab unique (a, b));
        create index on t (b desc, a);
        create index by_hash on t using hash (b);
        create index on t using gin (c jsonb_path_ops);
        create index by_gin on t using gin (c);
        create index on t using gin (f);
        create index on t using gist (e inet_ops);
        create index on t using spgist (b);
        create index on t using brin (d timestamptz_minmax_multi_ops);
        create index patterns on t (b text_pattern_ops);
        create unique index last on t (d desc nulls last);
        create index on t (lower(b));
        create table two (x int, y int, primary key (y, x));""",
    ),
    _case(
        "partial indexes",
        """create table t (id int primary key, a int, b text);
        create index on t (a) where b is not null;
        create unique index named on t (a, b) where a > 3;
        create unique index single on t (b) where a > 3 and b like 'x%';
        create index hashed on t using hash (b) where a > 1""",
    ),
    _case(
        "relations",
        """create table author (id int primary key, code text unique);
        create table book (id int primary key, author_id int not null references author,
            code text references author (code) on update cascade on delete set null);
        create table cover (book_id int primary key references book on delete cascade);
        create table tree (id int primary key, parent int references tree);
        create table pair (a int, b int, p int, q int, primary key (a, b),
            foreign key (p, q) references pair (a, b) on delete set default on update restrict);
        create table word (author int references author);
        create table one (id int primary key, x int unique references author,
            constraint other foreign key (id) references author)""",
    ),
    _case(
        "many to many",
        """create table post (id int primary key); create table tag (id int primary key);
        create table "_postTotag" ("A" int not null references post on delete cascade
            on update cascade, "B" int not null references tag on delete cascade on update cascade,
            constraint "_postTotag_AB_pkey" primary key ("A", "B"));
        create index "_postTotag_B_index" on "_postTotag" ("B");
        create table "_likes" ("A" int not null references post, "B" int not null references post);
        create unique index on "_likes" ("A", "B"); create index on "_likes" ("B");
        create table "_back" ("A" int not null references tag, "B" int not null references post,
            primary key ("A", "B")); create index on "_back" ("B")""",
    ),
    _case(
        "names",
        """create type "some mood" as enum ('1 up', 'so so', '');
        create table "0 days" (id int primary key, "a b" text, "1x" int, "é" int,
            m "some mood" default 'so so');
        create table async (id int primary key, await int references async)""",
    ),
    _case(
        "what a schema cannot say",
        """create table nothing (); create table lost (a int, b text);
        create table checked (id int primary key check (id > 0));
        create table apart (id int primary key, r int4range, exclude using gist (r with &&));
        create table guarded (id int primary key); alter table guarded enable row level security;
        create table base (id int primary key); create table child (x int) inherits (base);
        create table cut (id int, d date, primary key (id, d)) partition by range (d);
        create table cut_1 partition of cut for values from ('2020-01-01') to ('2021-01-01');
        create table late (id int primary key, b int unique deferrable initially deferred,
            p int references base deferrable);
        create table sorted (id int primary key, a int); create index on sorted (a nulls first);
        create table said (id int primary key); comment on table said is 'of the table';
        create table told (id int primary key, a int); comment on column told.a is 'of a column';
        create type mood as enum ('up'); comment on type mood is 'of a type'""",
    ),
    _case(
        "ignored",
        """create table weak (id int unique, n text);
        create table strong (id int primary key, weak int references weak (id));
        create table other (a int references strong)""",
    ),
    Case(
        "views",
        """create table a (id int primary key, t text not null);
        create view v as select id, t as "x y" from a; comment on view v is 'seen';
        create materialized view kept as select id from a""",
        (("schema.prisma", VIEWS),),
    ),
    Case(
        "views that are known",
        "create table a (id int primary key, t text); create view v as select id, t from a",
        (
            (
                "schema.prisma",
                VIEWS
                + """
model a {
  id Int     @id
  t  String?
  v  V?
}

/// What is seen.
view V {
  /// The same as of a.
  id Int     @unique
  t  String
  a  a       @relation(fields: [id], references: [id])

  @@map("v")
}
""",
            ),
        ),
    ),
    _case(
        "views without the feature",
        "create table a (id int primary key); create view v as select 1 as one",
    ),
    Case(
        "several schemas",
        """create schema a; create schema b; create type b.mood as enum ('up');
        create table a.same (id int primary key, m b.mood default 'up');
        create table b.same (id int primary key, a int references a.same (id));
        create table b.other (id int primary key);
        create table public.unseen (id int primary key)""",
        (("schema.prisma", SCHEMAS),),
    ),
    Case("nothing", "create table _prisma_migrations (id int)"),
    _case(
        "names that were given",
        """create type mood as enum ('up', 'down');
        create table users (id text primary key, name text not null, changed timestamp(3) not null,
            team int, deputy int, code uuid, secret text, m mood default 'down');
        create table teams (id serial primary key, motto text);
        create index zulu on users (team); create index alpha on users (name, team);
        alter table users add constraint in_team foreign key (team) references teams
            on delete set null on update cascade;
        alter table users add constraint users_deputy_fkey foreign key (deputy) references teams;
        create table "_friends" ("A" int not null references teams on delete cascade
            on update cascade, "B" text not null references users on delete cascade
            on update cascade, constraint "_friends_AB_pkey" primary key ("A", "B"));
        create index "_friends_B_index" on "_friends" ("B");
        create table fresh (id int primary key, team int references teams)""",
        """
/// Of teams.
model Team {
  id      Int    @id @default(autoincrement())
  members User[] @relation("members")
  others  User[] @relation("deputies")
  friends User[] @relation("friends")

  @@map("teams")
}

/// Of users.
/// In two lines.
model User {
  /// Of the key.
  id        String   @id @default(cuid(2))
  name      String
  changedAt DateTime @updatedAt @map("changed")
  teamId    Int?     @map("team")
  deputyId  Int?     @map("deputy")
  code      String?  @default(uuid(7)) @db.Uuid
  secret    String?  @default(nanoid(10)) @ignore
  mood      Mood?    @default(Down) @map("m")
  team      Team?    @relation("members", fields: [teamId], references: [id], map: "in_team")
  deputy    Team?    @relation("deputies", fields: [deputyId], references: [id])
  friends   Team[]   @relation("friends")

  @@index([teamId], map: "zulu")
  @@index([name, teamId], map: "alpha")
  @@map("users")
}

/// Of moods.
enum Mood {
  /// Of up.
  Up   @map("up")
  Down @map("down")

  @@map("mood")
}
""",
    ),
    Case(
        "several files",
        """create table a (id int primary key); create table b (id int primary key);
        create type e as enum ('x'); create table c (id int primary key, b int references b)""",
        (
            ("base.prisma", PLAIN),
            ("one.prisma", 'model Alpha {\n  id Int @id\n\n  @@map("a")\n}\n'),
            ("two.prisma", "model b {\n  id Int @id\n}\n\nmodel gone {\n  id Int @id\n}\n"),
        ),
    ),
    _case(
        "without foreign keys",
        "create table a (id int primary key); create table b (id int primary key, a int not null)",
    ),
    _case(
        "a second pull of what was commented out",
        """create table nothing (); create table t (id int primary key, "é" int, z int);
        create type e as enum ('x', '+', 'y')""",
        f"""
/// {NO_COLUMNS}
// model nothing {{
// }}

model t {{
  id Int  @id
  /// {FIELD_COMMENTED_OUT}
  // é Int? @map("é")
  z  Int?
}}

enum e {{
  x
  // + @map("+")
  y
}}
""",
        why="Prisma gives the next field the sentence about the one that is commented out",
    ),
    _case(
        "remarks",
        """create table a (id int primary key);
        create table b (id int primary key, a int references a)""",
        """
// Far away.

// Close by.
/// Of a.
model a {
  id Int @id // behind the key
  // of the relation
  b  b[]
}

model b {
  id Int  @id
  a  Int?
  /// Documented.
  to a?   @relation(fields: [a], references: [id])

  // of the name
  @@map("b")
}

// The end.
""",
        why="Prisma loses remarks that are no documentation, and what is said of relations",
    ),
    _case(
        "names of ones own",
        """create table users (id int primary key, name text, constraint own unique (name));
        create table "_friends" ("A" int not null references users,
            "B" int not null references users, primary key ("A", "B"));
        create index on "_friends" ("B")""",
        """
model users {
  id    Int     @id
  name  String?
  left  users[] @relation("friends")
  right users[] @relation("friends")

  @@unique([name], name: "byName", map: "own")
}
""",
        why="Prisma names the fields of such a relation anew, and loses the name of a unique field",
    ),
    _case(
        "names that meet",
        """create table "a b" (id int primary key); create table a_b (id int primary key);
        create type "a-b" as enum ('x y', 'x-y');
        create table c (id int primary key, "_id" int, post int, e "a-b" default 'x-y');
        create table post (id int primary key, c text, c_id int references c);
        create table "String" (id int primary key)""",
        why="Prisma calls several things alike",
    ),
    _case(
        "names without a letter",
        """create type e as enum ('1', '2'); create type f as enum ('a', '+');
        create table "12" ("é" int primary key, e e default '1', f f default '+')""",
        why="Prisma comments keys and the values of defaults out",
    ),
    _case(
        "types to be made again",
        "create table t (id int primary key, a interval[], b interval(3), c numeric(4, -2))",
        why="Prisma's names of these types are none that PostgreSQL takes",
    ),
    _case(
        "a table that is more than a relation",
        """create table post (id int primary key); create table tag (id int primary key);
        create table "_x" ("A" int not null references post, "B" int not null references tag,
            since date, primary key ("A", "B")); create index on "_x" ("B")""",
        why="Prisma takes the table for a relation, and loses its column",
    ),
    _case(
        "columns that an index only carries",
        """create table t (id int primary key, a int, b int);
        create unique index on t (a) include (b)""",
        why="Prisma takes them for columns of the key",
    ),
    _case(
        "a key of which a part is unique",
        """create table a (x int, y int, primary key (x, y));
        create table b (x int primary key, y int, foreign key (x, y) references a)""",
        why="Prisma's own check wants all of it to be unique",
    ),
)
