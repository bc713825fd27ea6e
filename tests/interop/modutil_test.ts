// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss module` and NSS's modutil on the lists of the same databases. @module */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runNss } from "../cli/_run.ts";
import { programVersion, run, runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { openSoftHsm, type SoftHsm, softHsmMissing } from "../support/softhsm.ts";

const modutil = await programVersion("modutil", ["-H"], /Netscape Cryptographic Module Utility/);

/** A database with a library for its list. */
interface Place {
  readonly db: string;
  readonly hsm: SoftHsm;
  readonly ours: (...args: readonly string[]) => Promise<string>;
  readonly fails: (code: number, ...args: readonly string[]) => Promise<string>;
  readonly theirs: (...args: readonly string[]) => Promise<string>;
}

async function ours(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await runNss(["module", ...args]);
  assertEquals([code, err], [0, ""], args.join(" "));
  return out;
}

async function fails(code: number, ...args: readonly string[]): Promise<string> {
  const result = await runNss(["module", ...args]);
  assertEquals([result.code, result.out], [code, ""], result.err);
  return result.err;
}

function modutilTest(title: string, fn: (place: Place) => Promise<void>): void {
  const missing = softHsmMissing ?? (modutil.ok ? null : modutil.reason);
  if (missing !== null) return skip(title, missing);
  Deno.test(title, async () => {
    const db = await Deno.makeTempDir({ prefix: "nss_modutil_" });
    try {
      await using hsm = await openSoftHsm("List", "1234");
      await runOk("certutil", ["-N", "-d", `sql:${db}`, "--empty-password"]);
      await fn({
        db,
        hsm,
        ours: (...args) => ours(...args, "--db", db),
        fails: (code, ...args) => fails(code, ...args, "--db", db),
        theirs: (...args) =>
          runOk("modutil", ["-force", "-dbdir", `sql:${db}`, ...args], { env: hsm.env }),
      });
    } finally {
      await Deno.remove(db, { recursive: true });
    }
  });
}

/** What modutil says of the slot with a token: its status, and what it is the default for. */
async function slotOf({ theirs, hsm }: Place): Promise<[status: string, defaults: string]> {
  const listed = await theirs("-list", "Card");
  const slot = listed.split(/\n\n/).find((text) => text.includes(`Token Name: ${hsm.label}`)) ?? "";
  return [
    /Status: (.*)/.exec(slot)?.[1]?.trim() ?? "",
    /Slot Mechanism Flags: (.*)/.exec(slot)?.[1]?.trim() ?? "",
  ];
}

modutilTest("modutil reads each change that nss module makes of its list", async (place) => {
  const { ours, theirs, hsm, db } = place;
  const before = await Deno.readTextFile(`${db}/pkcs11.txt`);
  assertEquals(await ours("add", "Card", hsm.library), 'Added "Card" with 2 slots\n');
  assert((await Deno.readTextFile(`${db}/pkcs11.txt`)).startsWith(before));
  assertStringIncludes(await theirs("-rawlist"), `library="${hsm.library}" name="Card"`);
  assertEquals(await slotOf(place), ["Enabled", "None"]);
  await ours("disable", "Card", "--slot", hsm.label);
  assertEquals(await slotOf(place), ["DISABLED (user disabled)", "None"]);
  await ours("default", "Card", "--mechanisms", "RSA,friendly,SHA512");
  assertEquals(await slotOf(place), ["DISABLED (user disabled)", "RSA:SHA512:FRIENDLY"]);
  await ours("undefault", "Card", "--mechanisms", "SHA512", "--slot", hsm.label);
  await ours("enable", "Card");
  assertEquals(await slotOf(place), ["Enabled", "RSA:FRIENDLY"]);
  await ours("delete", "Card");
  assertEquals(await Deno.readTextFile(`${db}/pkcs11.txt`), before);
  assert(!(await theirs("-list")).includes("Card"));
});

modutilTest("nss module reads each change that modutil makes of its list", async (place) => {
  const { ours, theirs, hsm } = place;
  const own = async () => {
    const { slots } = JSON.parse(await ours("show", "Card", "--json"));
    const { enabled, defaultFor } = slots.find((slot: { token: { label: string } | null }) =>
      slot.token?.label === hsm.label
    );
    return [enabled, ...defaultFor];
  };
  await theirs("-add", "Card", "-libfile", hsm.library, "-mechanisms", "RSA:AES");
  assertEquals(await own(), [true, "RSA", "AES"]);
  await theirs("-disable", "Card");
  assertEquals(await own(), [false, "RSA", "AES"]);
  await theirs("-default", "Card", "-mechanisms", "FRIENDLY:RANDOM");
  await theirs("-undefault", "Card", "-mechanisms", "AES");
  await theirs("-enable", "Card");
  assertEquals(await own(), [true, "RSA", "RANDOM", "FRIENDLY"]);
  assertMatch(await ours("show", "Card"), new RegExp(`on\\t${hsm.label}\\tpassword\\t\\d+\\tRSA,`));
  const { modules, fips } = JSON.parse(await ours("list", "--json"));
  assertEquals(modules.map(({ name }: { name: string }) => name), [
    "NSS Internal PKCS #11 Module",
    "Builtin Roots Module",
    "Card",
  ]);
  assertEquals(fips, false);
  // A list that modutil has written is changed, too
  await ours("disable", "Card");
  assertEquals((await slotOf(place))[0], "DISABLED (user disabled)");
});

modutilTest(
  "nss module tells FIPS mode, and does not claim it for itself",
  async ({ ours, theirs }) => {
    await theirs("-fips", "true");
    assertEquals(JSON.parse(await ours("list", "--json")).fips, true);
    const text = await ours("show", "NSS Internal FIPS PKCS #11 Module");
    assertStringIncludes(text.replaceAll(/\s+/g, " "), "FIPS mode on for NSS's programs; this one");
    assertStringIncludes(text, "no validated");
    await theirs("-fips", "false");
    assertEquals(JSON.parse(await ours("list", "--json")).fips, false);
  },
);

modutilTest("nss module refuses what would leave a list that NSS cannot use", async (place) => {
  const { ours, fails, hsm, db } = place;
  const list = () => Deno.readTextFile(`${db}/pkcs11.txt`);
  const before = await list();
  await Deno.writeTextFile(`${db}/text.so`, "text");
  for (
    const [code, args, says] of [
      [4, ["add", "x", `${db}/text.so`], "PR_LOAD_LIBRARY_ERROR"],
      [4, ["add", "x", `${db}/none.so`], "PR_FILE_NOT_FOUND_ERROR"],
      [4, ["add", "x\ny", hsm.library], "control character"],
      [4, ["add", "NSS Internal PKCS #11 Module", hsm.library], "already"],
      [2, ["add", "x", hsm.library, "--mechanisms", "RSB"], "did you mean RSA?"],
      [2, ["add", "x", hsm.library, "--mechanisms", "RSA", "--unchecked"], "only the library"],
      [4, ["delete", "nobody"], "only NSS's own is listed"],
      [4, ["disable", "NSS Internal PKCS #11 Module"], "NSS's own module"],
      [2, ["default", "x"], "--mechanisms"],
    ] as const
  ) {
    assertStringIncludes(await fails(code, ...args), says);
    assertEquals(await list(), before, says);
  }
  await ours("add", "Gone", `${db}/none.so`, "--unchecked");
  const { modules } = JSON.parse(await ours("list", "--json"));
  assertEquals(modules.at(-1).state, "its library is missing");
  assertStringIncludes(await fails(4, "show", "Gone"), "none.so");
  await ours("add", "Card", hsm.library);
  assertStringIncludes(
    await fails(2, "disable", "Card", "--slot", "x"),
    'no slot is called so; there is "SoftHSM slot',
  );
  assertStringIncludes(await fails(4, "delete", "Crad"), 'there is "Gone" and "Card"');
  const nowhere = await runNss(["module", "list", "--db", `${db}/nowhere`]);
  assertStringIncludes(nowhere.err, "PR_FILE_NOT_FOUND_ERROR");
});

modutilTest(
  "nss module adds to a database whose list is missing",
  async ({ ours, theirs, hsm, db }) => {
    await Deno.remove(`${db}/pkcs11.txt`);
    await ours("add", "Card", hsm.library);
    assertStringIncludes(await theirs("-list"), "Card");
    const { code } = await run("certutil", { args: ["-K", "-d", `sql:${db}`] });
    assertEquals(code, 255); // it has no keys, and is whole
  },
);
