-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "mood_kind" AS ENUM ('HAPPY', 'very sad');

-- CreateTable
CREATE TABLE "Holder" (
    "id" INTEGER NOT NULL,
    "name" TEXT NOT NULL,
    "topId" INTEGER,

    CONSTRAINT "Holder_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Top" (
    "id" INTEGER NOT NULL,

    CONSTRAINT "Top_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Thing" (
    "id" INTEGER NOT NULL,
    "holderId" INTEGER,
    "small" SMALLINT,
    "int" INTEGER,
    "oid" OID,
    "big" BIGINT,
    "real" REAL,
    "double" DOUBLE PRECISION,
    "dec" DECIMAL(65,30),
    "decShort" DECIMAL(8,3),
    "money" MONEY,
    "bool" BOOLEAN,
    "text" TEXT,
    "varchar" VARCHAR(20),
    "char" CHAR(6),
    "uuid" UUID,
    "inet" INET,
    "bit" BIT(4),
    "varbit" VARBIT(8),
    "bytes" BYTEA,
    "json" JSON,
    "jsonb" JSONB,
    "stamp" TIMESTAMP(3),
    "stampTz" TIMESTAMPTZ(6),
    "date" DATE,
    "time" TIME(6),
    "timeTz" TIMETZ(6),
    "mood" "mood_kind",

    CONSTRAINT "Thing_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Bunch" (
    "id" SERIAL NOT NULL,
    "smalls" SMALLINT[],
    "ints" INTEGER[],
    "bigs" BIGINT[],
    "reals" REAL[],
    "doubles" DOUBLE PRECISION[],
    "decs" DECIMAL(65,30)[],
    "moneys" MONEY[],
    "bools" BOOLEAN[],
    "texts" TEXT[],
    "varchars" VARCHAR(20)[],
    "uuids" UUID[],
    "inets" INET[],
    "bits" BIT(4)[],
    "byteses" BYTEA[],
    "jsons" JSON[],
    "jsonbs" JSONB[],
    "stamps" TIMESTAMP(3)[],
    "stampTzs" TIMESTAMPTZ(6)[],
    "dates" DATE[],
    "times" TIME(6)[],
    "moods" "mood_kind"[],

    CONSTRAINT "Bunch_pkey" PRIMARY KEY ("id")
);

-- AddForeignKey
ALTER TABLE "Holder" ADD CONSTRAINT "Holder_topId_fkey" FOREIGN KEY ("topId") REFERENCES "Top"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Thing" ADD CONSTRAINT "Thing_holderId_fkey" FOREIGN KEY ("holderId") REFERENCES "Holder"("id") ON DELETE SET NULL ON UPDATE CASCADE;
