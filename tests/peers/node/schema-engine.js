// Asks Prisma's schema engine, which is WebAssembly: a question is one JSON line, and so is its answer.
//
// in:  {"url": "postgresql://…" or null, "schema": [["schema.prisma", "…"]], "method": "diff", "params": {…}}
// out: {"result": …, "printed": ["…"]} or {"error": {…}}
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { bindMigrationAwareSqlAdapterFactory } from "@prisma/driver-adapter-utils";
import { PrismaPg } from "@prisma/adapter-pg";

const files = createRequire(import.meta.url);
const path = files.resolve("@prisma/schema-engine-wasm").replace(/\.js$/, "_bg.wasm");
const module_ = await WebAssembly.compile(await readFile(path));

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

async function answer({ url, schema, method, params }) {
  const factory = bindMigrationAwareSqlAdapterFactory(adapter(url ?? "postgresql://nobody@127.0.0.1:1/none"));
  const one = await engine.SchemaEngine.new({ datamodels: schema ?? [] }, () => {}, factory);
  try {
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
