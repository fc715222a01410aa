// What `prisma migrate deploy` does, by Prisma's own schema engine over adapter-pg: its command
// would download the same engine as a program. Prints the names of what it has applied.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import { PrismaPg } from "@prisma/adapter-pg";
import * as engine from "@prisma/schema-engine-wasm/schema_engine_bg";

const [url, folder, ...names] = process.argv.slice(2);
const { hostname: host, port, username: user, password, pathname } = new URL(url);

const files = createRequire(import.meta.url);
const bytes = await readFile(files.resolve("@prisma/schema-engine-wasm").replace(/\.js$/, "_bg.wasm"));
const imports = { "./schema_engine_bg.js": engine };
const { instance } = await WebAssembly.instantiate(bytes, imports);
engine.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start();

const schema = await readFile(`${folder}/schema.prisma`, "utf8");
const migrationDirectories = await Promise.all(
  names.map(async (name) => {
    const value = await readFile(`${folder}/migrations/${name}/migration.sql`, "utf8");
    return { path: name, migrationFile: { path: "migration.sql", content: { tag: "ok", value } } };
  }),
);

const adapter = new PrismaPg({ host, port: Number(port), user, password, database: pathname.slice(1) });
const schemaEngine = await engine.SchemaEngine.new(
  { datamodels: [["schema.prisma", schema]] },
  () => {},
  bindMigrationAwareSqlAdapterFactory(adapter),
);
const { appliedMigrationNames } = await schemaEngine.applyMigrations({
  migrationsList: {
    baseDir: `${folder}/migrations`,
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
    shadowDbInitScript: "",
    migrationDirectories,
  },
  filters: { externalTables: [], externalEnums: [] },
});
process.stdout.write(`${JSON.stringify(appliedMigrationNames)}\n`);
process.exit(0);
