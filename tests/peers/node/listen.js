// Listens with node-postgres on the database named by the first argument, and prints what it heard as JSON.
import pg from "pg";

const connectionString = process.argv[2];
const heard = [];
let wake = () => {};

async function until(count) {
  while (heard.length < count) {
    await new Promise((resolve) => {
      wake = resolve;
    });
  }
}

const listener = new pg.Client({ connectionString });
const other = new pg.Client({ connectionString });
listener.on("notification", ({ channel, payload }) => {
  heard.push({ channel, payload });
  wake();
});
await listener.connect();
await other.connect();
await listener.query("LISTEN news");
for (let number = 0; number < 3; number++) {
  await other.query("SELECT pg_notify('news', $1)", [String(number)]);
}
await until(3);
await listener.query("BEGIN");
await listener.query("LISTEN weather");
await listener.query("NOTIFY weather, 'in vain'");
await listener.query("ROLLBACK");
await other.query("NOTIFY news, 'afterwards'");
await until(4);
await listener.query("UNLISTEN news");
await other.query("NOTIFY weather, 'in vain'");
await other.query("NOTIFY news, 'in vain'");
await listener.query("LISTEN last");
await other.query("NOTIFY last");
await until(5);
await listener.end();
await other.end();
process.stdout.write(JSON.stringify(heard));
