// Talks to the database named by the first argument the way an application does, and prints what it
// saw as JSON lines. "change" on its standard output asks the test for another server.
import { createInterface } from "node:readline";
import pg from "pg";

const connectionString = process.argv[2];
const seen = [];
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function change() {
  process.stdout.write("change\n");
  await answers.next();
}

async function attempt(client, ...query) {
  try {
    seen.push((await client.query(...query)).rows);
  } catch (error) {
    seen.push({ code: error.code, message: error.message, severity: error.severity });
  }
}

async function oneClient() {
  const client = new pg.Client({ connectionString });
  client.on("notice", (notice) => seen.push({ notice: notice.message }));
  await client.connect();
  await client.query("create table peer (id integer primary key, body text, data jsonb, at date[])");
  for (let number = 0; number < 5; number++) {
    await change();
    await client.query({
      name: "insert peer",
      text: "insert into peer values ($1, $2, $3, $4)",
      values: [number, `row ${number}`, { number }, ["2020-01-01"]],
    });
  }
  await change();
  await attempt(client, "select id, body, data from peer order by id");
  await attempt(client, "insert into peer values (1)");
  await attempt(client, "select nowhere");
  await attempt(client, "select $1::int / 0", [1]);
  await attempt(client, { name: "insert peer", text: "insert into peer values ($1)", values: [9] });
  await change();
  await attempt(client, "do $$ begin raise notice 'careful'; end $$");
  await attempt(client, "select 1 as a; select 2 as b");
  await change();
  await attempt(client, "begin");
  await attempt(client, { name: "in transaction", text: "select $1::text as word", values: ["x"] });
  await attempt(client, "select 1/0");
  await attempt(client, { name: "in transaction", text: "select $1::text as word", values: ["y"] });
  await attempt(client, "rollback");
  await change();
  await attempt(client, { name: "in transaction", text: "select $1::text as word", values: ["z"] });
  await attempt(client, { text: "select generate_series(1, 5) as n", rows: 2 });
  await attempt(client, { text: "select 1 as a, 2 as a", rowMode: "array" });
  await change();
  await attempt(client, { text: "select $1::bytea as data", values: [Buffer.from([0, 1, 255])] });
  await attempt(client, "drop table peer");
  await client.end();
}

async function pool() {
  const many = new pg.Pool({ connectionString, max: 1 });
  const work = [...Array(40).keys()].map((number) =>
    many.query({ name: "twice", text: "select $1::int * 2 as twice", values: [number] }),
  );
  seen.push((await Promise.all(work)).map((result) => result.rows[0].twice));
  await many.end();
}

await oneClient();
await pool();
process.stdout.write(`${JSON.stringify(seen)}\n`);
process.stdin.destroy();
