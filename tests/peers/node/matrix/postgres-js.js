// postgres.js: tagged templates, transactions as callbacks, listen on a connection of its own.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import postgres from "postgres";
import { CURSOR_ROWS, Heard, ROWS, serve } from "./telling.js";

await serve(async (url) => {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  await sql`select 1`;
  const heard = new Heard();
  let subscription;
  let cursor;
  let sleeping;

  // Rows of a query that a template makes, as its first column.
  const first = (rows) => rows.map((row) => String(row[0])).join(",");
  const template = (session, text) => (session.sql ?? sql)(Object.assign([text], { raw: [text] }));

  return {
    run: async (text, session) => void (await template(session, text)),
    ask: async (text, session) => first(await template(session, text).values()),
    begin: async (session, block) => {
      const inner = (transaction) => block({ sql: transaction });
      await (session.sql ? session.sql.savepoint(inner) : sql.begin(inner));
    },
    double: async (number) => first(await sql`select ${number}::int * 2`.values()),
    open: async () => {
      const query = sql`select generate_series(1, ${CURSOR_ROWS}::int) as n`;
      cursor = query.cursor(2)[Symbol.asyncIterator]();
    },
    fetch: async () => ((await cursor.next()).value ?? []).map((row) => row.n).join(","),
    close: async () => void (await cursor.return()),
    listen: async (channel) => {
      subscription = await sql.listen(channel, (payload) => heard.add(payload));
    },
    heard: () => heard.next(),
    unlisten: async () => void (await subscription.unlisten()),
    "copy in": async () => {
      const lines = [...Array(ROWS).keys()].map((number) => `${number}\t${"x".repeat(100)}\n`);
      await pipeline(Readable.from(lines), await sql`copy copied from stdin`.writable());
    },
    "copy out": async () => {
      let count = 0;
      for await (const data of await sql`copy copied to stdout`.readable()) {
        count += data.toString().split("\n").length - 1;
      }
      return count;
    },
    sleep: async () => {
      sleeping = sql`select pg_sleep(60)`.execute();
      sleeping.catch(() => {});
    },
    cancel: async () => {
      sleeping.cancel();
      try {
        await sleeping;
      } catch (error) {
        return error.code;
      }
      return "not at all";
    },
  };
});
