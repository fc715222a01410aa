// Answers requests of Prisma's JSON protocol with Prisma's own engine: one JSON line in, one JSON line out.
//
// {"do": "open", "schema": "...", "database": {"host", "port", "user", "database"}}  -> {"engine": 1}
// {"do": "query", "engine": 1, "body": {...}, "transaction": "id"}   -> {"answer": {...}, "statements": [...]}
// {"do": "start", "engine": 1, "options": {...}}, "commit", "rollback" with "transaction" -> {"answer": {...}}
// {"do": "compile", "schema": "...", "body": {...}}                  -> {"plan": {...}} of the 7.10.0 compiler
// {"do": "close", "engine": 1}                                       -> {}

const fs = require("node:fs");
const path = require("node:path");
const readline = require("node:readline");
const pg = require("pg");
const { PrismaPg } = require("@prisma/adapter-pg");
const { bindAdapter } = require("@prisma/driver-adapter-utils");

const RUNTIME = path.dirname(require.resolve("@prisma/client/runtime/query_engine_bg.postgresql.js"));
const COMPILER = path.dirname(require.resolve("@prisma/query-compiler-wasm/package.json"));

// What adapter-pg sends is what node-postgres is asked for: one call is one statement and one round trip.
let statements = [];
const ask = pg.Client.prototype.query;
pg.Client.prototype.query = function (config, ...rest) {
  const text = typeof config === "string" ? config : config?.text;
  if (text !== undefined) statements.push(text);
  return ask.call(this, config, ...rest);
};

function instantiate(glue, bytes, importName) {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { [importName]: glue });
  glue.__wbg_set_wasm(instance.exports);
  instance.exports.__wbindgen_start();
  return glue;
}

function freshly(file) {
  delete require.cache[require.resolve(file)];
  return require(file);
}

// A trap leaves an instance unusable, so every engine has one of its own.
function engineLibrary() {
  const glue = freshly(path.join(RUNTIME, "query_engine_bg.postgresql.js"));
  const { wasm } = require(path.join(RUNTIME, "query_engine_bg.postgresql.wasm-base64.js"));
  return instantiate(glue, Buffer.from(wasm, "base64"), "./query_engine_bg.js");
}

let compilerLibrary;
async function compiler() {
  if (compilerLibrary === undefined) {
    const folder = path.join(COMPILER, "postgresql");
    const glue = await import(path.join(folder, "query_compiler_fast_bg.js"));
    const bytes = fs.readFileSync(path.join(folder, "query_compiler_fast_bg.wasm"));
    compilerLibrary = instantiate(glue, bytes, "./query_compiler_fast_bg.js");
  }
  return compilerLibrary;
}

// A trap is thrown past every promise; whoever waits for the engine is told here.
let trapped = () => {};
process.on("uncaughtException", (error) => trapped(error));

function orTrap(promise) {
  return Promise.race([promise, new Promise((_, reject) => (trapped = reject))]);
}

const engines = new Map();
const compilers = new Map();
let opened = 0;
let requests = 0;

async function build(schema, database) {
  const factory = new PrismaPg({ ...database, max: 3 });
  const adapter = bindAdapter(await factory.connect());
  const { QueryEngine } = engineLibrary();
  const options = {
    datamodel: schema,
    env: {},
    logQueries: false,
    ignoreEnvVarErrors: true,
    datasourceOverrides: {},
    logLevel: "error",
    configDir: ".",
    engineProtocol: "json",
    enableTracing: false,
  };
  const engine = new QueryEngine(options, () => {}, adapter);
  await engine.connect("{}", String(++requests));
  return { engine, adapter };
}

// Adapter errors arrive as numbers of a registry on this side; what they hold is the answer.
function unwrap(answer, adapter) {
  for (const error of answer.errors ?? []) {
    const facts = error.user_facing_error;
    if (facts?.error_code === "P2036") {
      const found = adapter.errorRegistry.consumeError(facts.meta.id);
      error.external = String(found?.error?.message ?? found?.error);
    }
  }
  return answer;
}

const deeds = {
  async open({ schema, database }) {
    engines.set(++opened, { schema, database, ...(await build(schema, database)) });
    return { engine: opened };
  },
  async query({ engine, body, transaction }) {
    const one = engines.get(engine);
    statements = [];
    try {
      const text = await orTrap(
        one.engine.query(JSON.stringify(body), "{}", transaction ?? undefined, String(++requests)));
      return { answer: unwrap(JSON.parse(text), one.adapter), statements };
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      await one.adapter.dispose().catch(() => {});
      Object.assign(one, await build(one.schema, one.database));
      return { panic: error.message, statements };
    }
  },
  async start({ engine, options }) {
    const text = await engines.get(engine).engine.startTransaction(
      JSON.stringify(options), "{}", String(++requests));
    return { answer: JSON.parse(text) };
  },
  async commit({ engine, transaction }) {
    const text = await engines.get(engine).engine.commitTransaction(
      transaction, "{}", String(++requests));
    return { answer: JSON.parse(text) };
  },
  async rollback({ engine, transaction }) {
    const text = await engines.get(engine).engine.rollbackTransaction(
      transaction, "{}", String(++requests));
    return { answer: JSON.parse(text) };
  },
  async compile({ schema, body }) {
    const { QueryCompiler } = await compiler();
    if (!compilers.has(schema)) {
      const options = {
        datamodel: schema,
        provider: "postgres",
        connectionInfo: { supportsRelationJoins: false },
      };
      compilers.set(schema, new QueryCompiler(options));
    }
    const one = compilers.get(schema);
    try {
      return { plan: body.batch ? one.compileBatch(JSON.stringify(body)) : one.compile(JSON.stringify(body)) };
    } catch (error) {
      return { refused: error.message };
    }
  },
  async close({ engine }) {
    const one = engines.get(engine);
    engines.delete(engine);
    await one.engine.disconnect("{}", String(++requests));
    await one.adapter.dispose();
    return {};
  },
};

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const question = JSON.parse(line);
    const before = process.cpuUsage();
    let answer;
    try {
      answer = await deeds[question.do](question);
    } catch (error) {
      answer = { broken: error.message };
    }
    const spent = process.cpuUsage(before);
    answer.cpu = (spent.user + spent.system) / 1e6;
    process.stdout.write(`${JSON.stringify(answer, (_, v) => (v instanceof Map ? Object.fromEntries(v) : v))}\n`);
  }
}

main().then(() => process.exit(0));
