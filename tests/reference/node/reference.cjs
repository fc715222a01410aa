// Answers questions about schemas with Prisma's own WebAssembly: one JSON line in, one JSON line out.
//
// in:  {"version": "6", "ask": ["validate", "lint", "format", "datamodel", "dmmf", "config"],
//       "files": [["schema.prisma", "..."]]}
// out: one key for each question; {"panic": "..."} for a question that broke the WebAssembly.

const readline = require("node:readline");

const loaded = new Map();

function library(version) {
  if (!loaded.has(version)) loaded.set(version, require(`prisma-${version}`));
  return loaded.get(version);
}

// A trap leaves an instance unusable: the next question gets a new one.
function forget(version) {
  loaded.delete(version);
  for (const path of Object.keys(require.cache)) {
    if (path.includes(`prisma-${version}/`)) delete require.cache[path];
  }
}

const questions = {
  validate(prisma, files) {
    prisma.validate(JSON.stringify({ prismaSchema: files, noColor: true }));
    return null;
  },
  lint: (prisma, files) => JSON.parse(prisma.lint(JSON.stringify(files))),
  format(prisma, files) {
    const uri = `file:///${files[0][0]}`;
    const parameters = { options: { tabSize: 2, insertSpaces: true }, textDocument: { uri } };
    return JSON.parse(prisma.format(JSON.stringify(files), JSON.stringify(parameters)));
  },
  dmmf: (prisma, files) =>
    JSON.parse(prisma.get_dmmf(JSON.stringify({ prismaSchema: files, noColor: true }))),
  datamodel: (prisma, files) => questions.dmmf(prisma, files).datamodel,
  config: (prisma, files) =>
    JSON.parse(prisma.get_config(JSON.stringify({ prismaSchema: files, ignoreEnvVarErrors: true }))),
};

function answer({ version, ask, files }) {
  const answers = {};
  for (const question of ask) {
    const before = process.cpuUsage();
    try {
      answers[question] = questions[question](library(version), files);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError || !error.message.startsWith("{")) {
        forget(version);
        answers[question] = { panic: error.message };
      } else {
        answers[question] = { refused: JSON.parse(error.message).message };
      }
    }
    const spent = process.cpuUsage(before);
    answers.cpu ??= {};
    answers.cpu[question] = (spent.user + spent.system) / 1e6;
  }
  answers.resident = process.memoryUsage.rss();
  return answers;
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(`${JSON.stringify(answer(JSON.parse(line)))}\n`);
});
