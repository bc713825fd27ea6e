// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { fileURLToPath } from "node:url";
import { runOk } from "../../support/process.ts";
import type { PeerSpec } from "../process/commands.ts";
import { bundle, temporaryFolder } from "../process/bundle.ts";
import { Remote } from "../process/remote.ts";
import type { TaskName } from "../process/tasks.ts";
import { BEFORE, OURS, ours } from "./contenders.ts";
import type { Entry, Measure, Probe, Settings } from "./measure.ts";

const ROOT = new URL("../../../", import.meta.url);
const NO_DISPOSE = { [Symbol.asyncDispose]: () => Promise.resolve() };
const MS = { key: "value", title: "ms" };

/** How long a program runs, from its start to its end. */
async function timeOf(command: string, args: readonly string[]): Promise<number> {
  const start = performance.now();
  await runOk(command, args, { timeout: 60_000 });
  return performance.now() - start;
}

/** The time until a program has imported the package. */
export function imports({ tree }: Settings): Measure {
  const program = (who: string, code: () => string | Promise<string>, config: string): Entry => ({
    who,
    async start(): Promise<Probe> {
      const file = `${await temporaryFolder()}/${who.replaceAll(/\W/g, "_")}.ts`;
      await Deno.writeTextFile(file, await code());
      const args = ["run", "--no-check", "--config", config, file];
      return {
        sample: async () => ({ value: await timeOf(Deno.execPath(), args) }),
        ...NO_DISPOSE,
      };
    },
  });
  const own = fileURLToPath(new URL("deno.json", ROOT));
  const all = [
    program("an empty program", () => "", own),
    program(OURS, () => `import "${new URL("mod.ts", ROOT)}";`, own),
    program(`${OURS}, one bundled file`, async () => {
      return `import "file://${await bundle(new URL("mod.ts", ROOT))}";`;
    }, own),
  ];
  if (tree !== null) {
    all.splice(2, 0, program(BEFORE, () => `import "file://${tree}/mod.ts";`, `${tree}/deno.json`));
  }
  return {
    id: "import",
    title: "Run a program that imports the root, to its end",
    columns: [MS],
    better: "less",
    entries: all,
  };
}

/** The entry of a task in a process of its own. */
function taskEntry(who: string, spec: PeerSpec, task: TaskName, again: boolean): Entry {
  return {
    who,
    async start() {
      const remote = await Remote.start({ ...spec, watch: true }, "client", "shared");
      await remote.ask({ do: "prepare", task });
      return {
        async sample() {
          if (again) await remote.ask({ do: "prepare", task });
          const { count, ms, spent, block } = await remote.ask({ do: "task", task });
          return { value: ms / count, client: spent / count / 1000, block };
        },
        [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose](),
      };
    },
  };
}

const TASK_COLUMNS = [
  MS,
  { key: "client", title: "ms of CPU" },
  { key: "block", title: "longest block, ms" },
];

/** What OpenSSL needs for the same. */
function opensslEntry(way: "export" | "import"): Entry {
  return {
    who: "openssl",
    async start() {
      const folder = await temporaryFolder();
      const [key, cert, file] = ["key", "cert", "p12"].map((name) => `${folder}/openssl.${name}`);
      await runOk("openssl", [
        ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
        ...["-subj", "/CN=localhost", "-keyout", key!, "-out", cert!],
      ]);
      const exporting = [
        ...["pkcs12", "-export", "-inkey", key!, "-in", cert!, "-passout", "pass:secret"],
        ...["-iter", "600000", "-out", file!],
      ];
      await runOk("openssl", exporting);
      const importing = ["pkcs12", "-in", file!, "-passin", "pass:secret", "-nodes", "-out", key!];
      const args = way === "export" ? exporting : [...importing.slice(0, -1), `${folder}/out`];
      return { sample: async () => ({ value: await timeOf("openssl", args) }), ...NO_DISPOSE };
    },
  };
}

/** What is measured without a connection. */
export function tasks(settings: Settings): Measure[] {
  const pkcs12 = (way: "export" | "import", task: TaskName): Measure => ({
    id: `pkcs12-${way}`,
    title: `${way === "export" ? "Export" : "Import"} PKCS #12 with defaults, 600,000 iterations`,
    columns: TASK_COLUMNS,
    better: "less",
    entries: [
      ...ours(settings).map(({ who, spec }) => taskEntry(who, spec, task, false)),
      opensslEntry(way),
    ],
  });
  return [
    pkcs12("import", "pkcs12Import"),
    pkcs12("export", "pkcs12Export"),
    {
      id: "chain",
      title: "Parse and verify a chain of three never seen before, RSA-2048",
      columns: TASK_COLUMNS,
      better: "less",
      entries: [
        ...ours(settings).map(({ who, spec }) => taskEntry(who, spec, "chainNss", true)),
        taskEntry("node:crypto", {}, "chainNode", true),
      ],
    },
  ];
}
