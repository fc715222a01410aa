DROP TABLE IF EXISTS "_PostToTag", "Profile", "Post", "Tag", "User", "Stock", "Sample" CASCADE;
DROP TYPE IF EXISTS "Role";
CREATE TYPE "Role" AS ENUM ('USER', 'administrator');
CREATE TABLE "User" (
    id serial PRIMARY KEY,
    email text NOT NULL,
    name text,
    role "Role" NOT NULL DEFAULT 'USER',
    points integer NOT NULL DEFAULT 0,
    "createdAt" timestamptz(6) NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX "User_email_key" ON "User" (email);
CREATE TABLE "Profile" (
    id serial PRIMARY KEY,
    bio text NOT NULL,
    user_id integer NOT NULL CONSTRAINT "Profile_user_id_fkey" REFERENCES "User" ON DELETE CASCADE
);
CREATE UNIQUE INDEX "Profile_user_id_key" ON "Profile" (user_id);
CREATE TABLE "Post" (
    id serial PRIMARY KEY,
    title text NOT NULL,
    published boolean NOT NULL DEFAULT false,
    views integer NOT NULL DEFAULT 0,
    likes integer NOT NULL DEFAULT 0,
    labels text[],
    meta jsonb,
    created_at timestamp(3) NOT NULL DEFAULT now(),
    author_id integer CONSTRAINT "Post_author_id_fkey" REFERENCES "User"
);
CREATE TABLE "Tag" (id serial PRIMARY KEY, label text NOT NULL);
CREATE UNIQUE INDEX "Tag_label_key" ON "Tag" (label);
CREATE TABLE "_PostToTag" (
    "A" integer NOT NULL REFERENCES "Post" ON DELETE CASCADE,
    "B" integer NOT NULL REFERENCES "Tag" ON DELETE CASCADE,
    CONSTRAINT "_PostToTag_AB_pkey" PRIMARY KEY ("A", "B")
);
CREATE TABLE "Stock" (
    warehouse text NOT NULL,
    item text NOT NULL,
    code text NOT NULL,
    amount integer NOT NULL DEFAULT 0,
    CONSTRAINT "Stock_pkey" PRIMARY KEY (warehouse, item)
);
CREATE UNIQUE INDEX "Stock_warehouse_code_key" ON "Stock" (warehouse, code);
CREATE TABLE "Sample" (
    id text PRIMARY KEY,
    number integer,
    big bigint,
    "real" double precision,
    exact numeric(65, 30),
    truth boolean,
    moment timestamptz(6),
    local timestamp(6),
    day date,
    bytes bytea,
    json jsonb,
    role "Role",
    uuid uuid,
    numbers integer[],
    moments timestamptz(6)[],
    roles "Role"[],
    jsons jsonb[],
    "from" text
);
