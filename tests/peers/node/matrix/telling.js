// The lines between a script and the program that has the driver: a verb, a tab and its argument
// come in; `=` and a value go out, or `!`, a SQLSTATE and what was said.
import { createInterface } from "node:readline";

export const NOTHING = "nothing came";
export const PATIENCE = 3000;
export const ROWS = 1000;
export const CURSOR_ROWS = 6;
export const NO_INTERFACE = "-----";

export class RolledBack extends Error {}

// What is said on a channel, in order; `next` waits for what has not been said yet.
export class Heard {
  #said = [];
  #waiting = null;

  add(payload) {
    if (this.#waiting) this.#waiting(payload);
    else this.#said.push(payload);
  }

  next() {
    if (this.#said.length) return this.#said.shift();
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(NOTHING), PATIENCE);
      this.#waiting = (payload) => {
        clearTimeout(timer);
        this.#waiting = null;
        resolve(payload);
      };
    });
  }
}

export function sqlstate(error) {
  return error.code ?? NO_INTERFACE;
}

async function answer(work, stateOf) {
  let line;
  try {
    line = `=${(await work()) ?? ""}`;
  } catch (error) {
    line = `!${stateOf(error)} ${error.name}: ${String(error.message).split(/\s+/).join(" ")}`;
  }
  process.stdout.write(`${line}\n`);
}

// Connects to the URL in the first argument, then does what comes in until nothing does. A driver
// whose transactions are callbacks has a verb `begin` that takes lines itself, through `inner`.
export async function serve(connect, stateOf = sqlstate) {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
  let verbs;
  await answer(async () => {
    verbs = await connect(process.argv[2]);
  }, stateOf);

  async function inner(session) {
    for (;;) {
      const { value: line, done } = await lines.next();
      if (done) return;
      const [verb, argument = ""] = line.split("\t");
      if (verb === "commit" && session.depth > 0) return;
      if (verb === "rollback" && session.depth > 0) throw new RolledBack();
      if (verb === "begin") {
        const block = (scope) => {
          process.stdout.write("=\n");
          return inner({ ...session, ...scope, depth: session.depth + 1 });
        };
        await answer(async () => {
          try {
            await verbs.begin(session, block);
          } catch (error) {
            if (!(error instanceof RolledBack)) throw error;
          }
        }, stateOf);
      } else {
        await answer(() => verbs[verb](argument, session), stateOf);
      }
    }
  }

  await inner({ depth: 0 });
  process.exit(0);
}
