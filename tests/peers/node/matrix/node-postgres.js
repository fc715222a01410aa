// node-postgres: one Client, with pg-cursor and pg-copy-streams.
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import pg from "pg";
import { from as copyFrom, to as copyTo } from "pg-copy-streams";
import Cursor from "pg-cursor";
import { CURSOR_ROWS, Heard, ROWS, serve } from "./telling.js";

await serve(async (connectionString) => {
  const client = new pg.Client({ connectionString });
  const heard = new Heard();
  client.on("notification", (message) => heard.add(message.payload));
  await client.connect();
  let cursor;
  let sleeping;
  let ended;

  return {
    run: async (sql) => void (await client.query(sql)),
    ask: async (sql) => {
      const result = await client.query({ text: sql, rowMode: "array" });
      return result.rows.map((row) => String(row[0])).join(",");
    },
    // Transactions are statements that the application writes.
    begin: async ({ depth }, block) => {
      await client.query(depth ? `savepoint inner_${depth}` : "begin");
      try {
        await block({});
      } catch (error) {
        await client.query(depth ? `rollback to savepoint inner_${depth}` : "rollback");
        throw error;
      }
      await client.query(depth ? `release savepoint inner_${depth}` : "commit");
    },
    double: async (number) => {
      const query = { name: "double", text: "select $1::int * 2 as twice", values: [number] };
      return (await client.query(query)).rows[0].twice;
    },
    open: async () => {
      await client.query("begin");
      const query = "select generate_series(1, $1::int) as n";
      cursor = client.query(new Cursor(query, [CURSOR_ROWS]));
    },
    fetch: async () => (await cursor.read(2)).map((row) => row.n).join(","),
    close: async () => {
      await cursor.close();
      await client.query("commit");
    },
    listen: async (channel) => void (await client.query(`listen ${channel}`)),
    heard: () => heard.next(),
    unlisten: async (channel) => void (await client.query(`unlisten ${channel}`)),
    "copy in": async () => {
      const lines = [...Array(ROWS).keys()].map((number) => `${number}\t${"x".repeat(100)}\n`);
      await pipeline(Readable.from(lines), client.query(copyFrom("copy copied from stdin")));
    },
    "copy out": async () => {
      let count = 0;
      for await (const data of client.query(copyTo("copy copied to stdout"))) {
        count += data.toString().split("\n").length - 1;
      }
      return count;
    },
    sleep: async () => {
      ended = new Promise((resolve) => {
        sleeping = new pg.Query("select pg_sleep(60)", (error) => resolve(error?.code));
      });
      client.query(sleeping);
    },
    // node-postgres cancels through a second client, which connects and sends nothing else.
    cancel: async () => {
      new pg.Client({ connectionString }).cancel(client, sleeping);
      return await ended;
    },
  };
});
