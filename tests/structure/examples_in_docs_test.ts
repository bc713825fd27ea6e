// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertGreater } from "@std/assert";
import { listFiles, readSources, ROOT, strip } from "./_source.ts";

/** What runs without an assertion, by a piece of its text, and why. */
const WITHOUT_ASSERTION: readonly (readonly [piece: string, reason: string])[] = [
  ["for (const run of tests) await run();", "the tests that it runs assert"],
  ["export async function echo(", "it is a function for the reader's own server, and runs nothing"],
];

/**
 * What an example needs that a test cannot give it, so that it says `ignore` and is only
 * type-checked.
 */
const OUT_OF_REACH: readonly (readonly [piece: string, reason: string])[] = [
  ["await Deno.connect({ hostname, port", "a server of that name"],
  ["Deno.listen({ port:", "a port that may be taken, and clients"],
  [".listen(8443", "a port that may be taken, and clients"],
  ['connect({ host: "', "a server of that name"],
  ['await loadModule("/usr/lib/', "a library that may not be installed"],
  ["await Deno.readTextFile(caFile)", "a server; tests/drivers runs it"],
  ["configServerCert(listener, cert", "a listener; tests/drivers runs it"],
  ["http2.connect(", "a server; tests/drivers runs it"],
  ['host: "proxy.example"', "a proxy; tests/drivers runs it"],
  ['"npm:', "a package of npm; tests/drivers or tests/interop runs it"],
  ['get("https://example.com/"', "a server elsewhere; tests/ssl/http runs it"],
  ["forge.rc2.createDecryptionCipher(", "a package of npm; tests/support/forge_rc2.ts runs it"],
];

/** What needs packages of npm, whose types the gate does not fetch. */
const DRIVERS = OUT_OF_REACH.filter(([piece]) => piece === '"npm:');

/** A code block that `deno test --doc` knows. */
interface Example {
  /** Its file, and the line of its fence. */
  readonly place: string;
  readonly ignored: boolean;
  readonly code: string;
}

function examplesOf(path: string, text: string): Example[] {
  return [...text.matchAll(/^([ \t*]*)```([^\n]*)\n([^]*?)^\1```$/gm)].flatMap((match) => {
    const [, margin, info, body] = match;
    const [language = "", ...attributes] = info!.trim().split(/[\s,]+/);
    // Without a language Deno takes that of the file.
    const isCode = language === ""
      ? path.endsWith(".ts")
      : /^(?:[cm]?[jt]s|[jt]sx|javascript|typescript)$/.test(language);
    if (!isCode) return [];
    const place = `${path}:${text.slice(0, match.index).split("\n").length}`;
    const code = margin!.includes("*") ? body!.replace(/^[ \t]*\* ?/gm, "") : body!;
    return [{ place, ignored: attributes.includes("ignore"), code }];
  });
}

/** Whether something of @std/assert is called. */
function isAsserting({ code }: Example): boolean {
  const imports = strip(code, false).matchAll(/\bimport \{([^}]*)\} from "@std\/assert"/g);
  const names = [...imports].flatMap(([, list]) => list!.split(",").map((name) => name.trim()));
  return names.some((name) => new RegExp(`(?<!\\.)\\b${name || "$^"}\\(`).test(strip(code, true)));
}

async function readExamples(): Promise<Example[]> {
  const markdown = [...await listFiles("."), ...await listFiles("docs")]
    .filter((path) => path.endsWith(".md"));
  const sources = (await readSources()).map(({ path }) => path);
  const examples = await Promise.all(
    [...markdown, ...sources].map(async (path) =>
      examplesOf(path, await Deno.readTextFile(new URL(path, ROOT)))
    ),
  );
  return examples.flat();
}

const EXAMPLES = await readExamples();
const IGNORED = EXAMPLES.filter(({ ignored }) => ignored);
const RUN = EXAMPLES.filter(({ ignored }) => !ignored);

function isOneOf(list: typeof OUT_OF_REACH, { code }: Example): boolean {
  return list.some(([piece]) => code.includes(piece));
}

Deno.test("examples in docs: each one that runs asserts something", () => {
  assertGreater(RUN.length, 150);
  const silent = RUN.filter((example) => !isAsserting(example));
  const listed = silent.filter((example) => isOneOf(WITHOUT_ASSERTION, example));
  assertEquals(silent.filter((one) => !listed.includes(one)).map(({ place }) => place), []);
  assertEquals(listed.length, WITHOUT_ASSERTION.length, "some of the list assert, or are gone");
});

Deno.test("examples in docs: each one that is ignored needs what a test cannot give it", () => {
  const vain = IGNORED.filter((example) => !isOneOf(OUT_OF_REACH, example));
  assertEquals(vain.map(({ place }) => place), []);
  const unused = OUT_OF_REACH.filter((entry) => !IGNORED.some((one) => isOneOf([entry], one)));
  assertEquals(unused, []);
});

Deno.test("examples in docs: those that are ignored, which Deno skips, have no type errors", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const { place, code } of IGNORED.filter((one) => !isOneOf(DRIVERS, one))) {
      await Deno.writeTextFile(`${folder}/${place.replace(/\W/g, "_")}.ts`, `${code}export {};\n`);
    }
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["check", "--config", "deno.json", folder],
      cwd: ROOT,
      env: { NO_COLOR: "1" },
      signal: AbortSignal.timeout(300_000),
    }).output();
    assert(success, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("examplesOf() finds what Deno runs, and isAsserting() sees calls only", () => {
  const block = (info: string, code: string) => ` * \`\`\`${info}\n * ${code}\n *\n * \`\`\`\n`;
  const code = 'import { assert } from "@std/assert"; assert(a);';
  const text = block("text", code) + block("ts ignore", code) + block("", code) +
    block("ts", 'import { assert } from "@std/assert"; // assert(a)');
  const examples = examplesOf("a.ts", text);
  assertEquals(examples.map(({ place, ignored }) => [place, ignored]), [
    ["a.ts:5", true],
    ["a.ts:9", false],
    ["a.ts:13", false],
  ]);
  assertEquals(examples.map(isAsserting), [true, true, false]);
  assertEquals(examples[0]!.code, `${code}\n\n`);
  assertEquals(examplesOf("a.md", "```\na\n```\n```sh\na\n```\n```ts\na\n```\n").length, 1);
});
