// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What Deno needs to load modules, whatever is in them: programs of empty modules, of the same code
 * in many modules and in one, and of modules that are imported lazily, and only read at the start.
 *
 * ```sh
 * deno run -A tests/bench/limits/modules.ts [ROUNDS]
 * ```
 *
 * @module
 */

/** How many modules: about as many as the whole package has. */
const MODULES = 400;
/** How many functions each of them has: some 4 KB. */
const FUNCTIONS = 32;

const rounds = Number(Deno.args[0] ?? 20);
const folder = await Deno.makeTempDir();

/** Functions, as text. */
function code(module: number): string {
  return Array.from(
    { length: FUNCTIONS },
    (_, i) =>
      `/** Adds numbers, as an example of a function. */
export function f${module}_${i}(from: number, to: number): number {
  let sum = 0;
  for (let n = from; n < to; n++) sum += n * ${i};
  return sum;
}
`,
  ).join("");
}

/** Writes modules that import each other as a tree; returns the first. */
async function tree(name: string, text: (module: number) => string): Promise<string> {
  await Deno.mkdir(`${folder}/${name}`);
  for (let i = 0; i < MODULES; i++) {
    const children = [1, 2, 3, 4].map((child) => 4 * i + child).filter((child) => child < MODULES);
    const imports = children.map((child) => `import "./${child}.ts";\n`).join("");
    await Deno.writeTextFile(`${folder}/${name}/${i}.ts`, `${imports}${text(i)}export {};\n`);
  }
  return `${folder}/${name}/0.ts`;
}

async function file(name: string, text: string): Promise<string> {
  await Deno.writeTextFile(`${folder}/${name}.ts`, text);
  return `${folder}/${name}.ts`;
}

/** Runs a program; returns the time in milliseconds that processors have worked for it. */
async function run(path: string): Promise<number> {
  const script = `TIMEFORMAT="%U %S"; time "$@"`;
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-c", script, "bash", Deno.execPath(), "run", "--no-check", "--no-config", path],
    env: { DENO_DIR: `${folder}/cache`, LC_ALL: "C" },
    stdout: "null",
  }).output();
  const text = new TextDecoder().decode(stderr).trim();
  if (!success) throw new Error(text);
  return text.split("\n").at(-1)!.split(" ").reduce((sum, part) => sum + Number(part) * 1000, 0);
}

const all = Array.from({ length: MODULES }, (_, i) => code(i));
const many = await tree("many", (i) => all[i]!);
const programs = {
  "empty program": await file("empty", "export {};\n"),
  [`${MODULES} empty modules`]: await tree("none", () => ""),
  [`${MODULES} modules of ${all[0]!.length} bytes`]: many,
  "the same bytes in one module": await file("one", all.join("")),
  "the same modules, imported lazily and not used": await file(
    "lazy",
    `export const load = () => import("${many}");\n`,
  ),
};
const times = new Map(Object.keys(programs).map((name) => [name, [] as number[]]));
for (let round = 0; round <= rounds; round++) {
  for (const [name, path] of Object.entries(programs)) {
    const time = await run(path);
    if (round > 0) times.get(name)!.push(time); // the first fills the cache
  }
}
const least = (name: string) => Math.min(...times.get(name)!);
const empty = least("empty program");
// deno-lint-ignore no-console
console.table([...times].map(([program, list]) => ({
  program,
  "least CPU ms": least(program),
  "median CPU ms": list.toSorted((a, b) => a - b)[list.length >> 1]!,
  [`over the empty program, of ${MODULES} each, ms`]: (least(program) - empty) / MODULES,
})));
await Deno.remove(folder, { recursive: true });
