-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "Account" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "token" TEXT NOT NULL,
    "made" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "seen" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "Account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Session" (
    "id" UUID NOT NULL,
    "accountId" TEXT NOT NULL,
    "code" TEXT NOT NULL,
    "short" TEXT NOT NULL,
    "changed" TIMESTAMP(3),

    CONSTRAINT "Session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Room" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "title" TEXT NOT NULL,
    "flag" BOOLEAN NOT NULL DEFAULT true,
    "colours" TEXT[] DEFAULT ARRAY['red', 'blue']::TEXT[],
    "numbers" INTEGER[] DEFAULT ARRAY[1, 2]::INTEGER[],
    "limits" JSONB NOT NULL DEFAULT '{"max": 3}',
    "rate" DOUBLE PRECISION NOT NULL DEFAULT 1.5,
    "price" DECIMAL(65,30) NOT NULL DEFAULT 9.99,
    "huge" BIGINT NOT NULL DEFAULT 9007199254740993,
    "blob" BYTEA NOT NULL DEFAULT '\x6869',
    "opened" TIMESTAMP(3) NOT NULL DEFAULT '2024-02-29 12:00:00 +00:00',

    CONSTRAINT "Room_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "Key" (
    "id" TEXT NOT NULL,
    "second" TEXT NOT NULL,
    "order" SERIAL NOT NULL,
    "ownerId" TEXT,
    "label" TEXT,

    CONSTRAINT "Key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "_AccountToRoom" (
    "A" TEXT NOT NULL,
    "B" UUID NOT NULL,

    CONSTRAINT "_AccountToRoom_AB_pkey" PRIMARY KEY ("A","B")
);

-- CreateIndex
CREATE UNIQUE INDEX "Account_name_key" ON "Account"("name");

-- CreateIndex
CREATE UNIQUE INDEX "Account_token_key" ON "Account"("token");

-- CreateIndex
CREATE UNIQUE INDEX "Key_second_order_key" ON "Key"("second", "order");

-- CreateIndex
CREATE INDEX "_AccountToRoom_B_index" ON "_AccountToRoom"("B");

-- AddForeignKey
ALTER TABLE "Session" ADD CONSTRAINT "Session_accountId_fkey" FOREIGN KEY ("accountId") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "Key" ADD CONSTRAINT "Key_ownerId_fkey" FOREIGN KEY ("ownerId") REFERENCES "Account"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "_AccountToRoom" ADD CONSTRAINT "_AccountToRoom_A_fkey" FOREIGN KEY ("A") REFERENCES "Account"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "_AccountToRoom" ADD CONSTRAINT "_AccountToRoom_B_fkey" FOREIGN KEY ("B") REFERENCES "Room"("id") ON DELETE CASCADE ON UPDATE CASCADE;
