-- CreateTable
CREATE TABLE "step" ("name" TEXT, "held" INTEGER);

-- CreateTable
CREATE TABLE "shelf" ("id" INTEGER NOT NULL, CONSTRAINT "shelf_pkey" PRIMARY KEY ("id"));

INSERT INTO "step" SELECT 'shelf', count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
