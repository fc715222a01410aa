// Asks Prisma's schema engine, which is WebAssembly: a question is one JSON line, and so is its answer.
//
// in:  {"url": "postgresql://…" or null, "schema": [["schema.prisma", "…"]], "method": "diff", "params": {…}}
// out: {"result": …, "printed": ["…"]} or {"error": {…}}
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";

const files = createRequire(import.meta.url);
const path = files.resolve("@prisma/schema-engine-wasm").replace(/\.js$/, "_bg.wasm");
const module_ = await WebAssembly.compile(await readFile(path));

// Prisma's own schema engine comes with a driver of its own; over this adapter two things are missing. The catalog's
// type "char" has no name here, and a shadow database is dropped while its connections are open.
async function adapterOf() {
  const source = files.resolve("@prisma/adapter-pg").replace(/index\.js$/, "index.mjs");
  const text = await readFile(source, "utf8");
  const mended = text
    .replace("case ScalarColumnType.BPCHAR:", "case 18: return ColumnTypeEnum.Character;\n    case ScalarColumnType.BPCHAR:")
    .replace(/(await conn\.executeScript\(`DROP DATABASE[^;]*;)\s*(await client\.end\(\);)/, "$2 $1");
  const target = source.replace("index.mjs", "mended.mjs");
  await writeFile(target, mended);
  return (await import(target)).PrismaPg;
}

const PrismaPg = await adapterOf();

async function load() {
  // A trap leaves an instance unusable, so each question may have one of its own.
  const engine = await import("@prisma/schema-engine-wasm/schema_engine_bg");
  const instance = await WebAssembly.instantiate(module_, { "./schema_engine_bg.js": engine });
  engine.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return engine;
}

let engine = await load();

function adapter(url) {
  const { hostname: host, port, username: user, password, pathname } = new URL(url);
  // Connections that rest are closed: each question has a pool of its own.
  const database = pathname.slice(1);
  return new PrismaPg({ host, port: Number(port), user, password, database, max: 2, idleTimeoutMillis: 1 });
}

// `first` are questions whose answers are not wanted: an instance keeps what it found out.
async function answer({ url, schema, method, params, first }) {
  const factory = bindMigrationAwareSqlAdapterFactory(adapter(url ?? "postgresql://nobody@127.0.0.1:1/none"));
  const one = await engine.SchemaEngine.new({ datamodels: schema ?? [] }, () => {}, factory);
  try {
    for (const [name, values] of first ?? []) await one[name](values);
    return await one[method](params);
  } finally {
    if (url) await one.dispose?.();
    one.free();
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  let said;
  try {
    said = { result: await answer(JSON.parse(line)) };
  } catch (error) {
    said = { error: { message: error.message, code: error.code, meta: error.meta, name: error.name } };
    if (error instanceof WebAssembly.RuntimeError) engine = await load();
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
