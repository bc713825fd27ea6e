// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * docs/tls_attacks.md tells the truth: every attack has its reason, and the tests and files that it
 * names are there.
 */

import { assert, assertGreater } from "@std/assert";
import { getCipherSuiteInfo, getImplementedCiphers } from "@nss/nss/ssl";
import { NAMED_GROUPS } from "../../ssl/tables/named_groups.ts";
import { ROOT } from "./_nss_functions.ts";

const page = await Deno.readTextFile(new URL("docs/tls_attacks.md", ROOT));

/** What the page has to speak of. */
const ATTACKS: readonly string[] = [
  "Truncation",
  "Insecure renegotiation",
  "BEAST",
  "CRIME",
  "TIME",
  "BREACH",
  "Lucky13",
  "POODLE",
  "FREAK",
  "Logjam",
  "3SHAKE",
  "SLOTH",
  "SMACK",
  "DROWN",
  "ROBOT",
  "Selfie",
  "Raccoon",
  "ALPACA",
  "cross-protocol",
  "Ticket theft",
  "0-RTT replay",
  "restored stores",
  "Poisoned session stores",
  "KeyUpdate floods",
  "Compression bombs",
  "Certificate DoS",
  "Marvin",
  "Opossum",
  "Side channels in JavaScript",
  "Sweet32",
  "RC4",
  "Heartbleed",
  "CCS injection",
  "Bleichenbacher",
  "BERserk",
  "Psychic signatures",
  "CurveBall",
  "Invalid curves",
  "null byte",
  "Resumption across names",
  "Traffic analysis",
  "Fingerprinting",
];

interface Attack {
  readonly name: string;
  readonly text: string;
  readonly shownBy: string;
}

const attacks: readonly Attack[] = page.split(/^### /m).slice(1).map((section) => {
  const [name, ...rest] = section.split("\n");
  const [text, shownBy = ""] = rest.join("\n").split(/^## /m)[0]!.split("Shown by:");
  return { name: name!, text: text!, shownBy: shownBy.replaceAll(/\s+/g, " ") };
});

Deno.test("docs/tls_attacks.md speaks of every attack, what it is and why it does or does not reach us", () => {
  const headings = attacks.map(({ name }) => name).join("\n");
  for (const attack of ATTACKS) {
    const there = attack === "BREACH" ? page : headings;
    assert(there.includes(attack), `${attack} is missing`);
  }
  for (const { name, text } of attacks) {
    assert(/\n\nHere: \S/.test(text), `${name}: the page does not say how it is here`);
    assertGreater(text.split("\n\nHere: ")[0]!.trim().length, 40, `${name}: what is it?`);
  }
});

Deno.test("docs/tls_attacks.md names tests that are there, by file and title", async () => {
  for (const { name, shownBy } of attacks) {
    const tests = shownBy.split(";").map((test) => /^ ?`(tests\/\S+)` "(.*)" ?$/.exec(test));
    assertGreater(tests.length, 0, name);
    for (const found of tests) {
      assert(found, `${name}: a test is not named as \`file\` "title": ${shownBy}`);
      const [, file, title] = found;
      const text = await Deno.readTextFile(new URL(file!, ROOT));
      assert(text.includes(title!), `${name}: ${file} has no test "${title}"`);
    }
  }
});

Deno.test("docs/tls_attacks.md names files that are there", async () => {
  const files = [...page.matchAll(/`((?:ssl|cert|pkcs11|examples)\/[\w/.]+\.ts)`/g)];
  assertGreater(files.length, 30);
  for (const [, file] of files) assert((await Deno.stat(new URL(file!, ROOT))).isFile);
  for (const [, link] of page.matchAll(/\]\(([^)]+)\)/g)) {
    await Deno.stat(new URL(link!, new URL("docs/", ROOT)));
  }
});

Deno.test("no suite of these attacks is here", () => {
  const suites = getImplementedCiphers().map((id) => getCipherSuiteInfo(id));
  assertGreater(suites.length, 10);
  for (const { name, keaType, symCipher, symKeyBits } of suites) {
    // No RSA key transport, no finite-field Diffie-Hellman.
    assert(keaType === "ECDHE" || keaType === "any", name);
    // No RC4, 3DES, export keys, NULL.
    assert(["AES-GCM", "AES-CBC", "ChaCha20-Poly1305"].includes(symCipher!), name);
    assertGreater(symKeyBits, 127, name);
  }
  for (const { name } of NAMED_GROUPS) {
    assert(
      /^(x25519|secp(256|384|521)r1|(X25519|SecP256r1)MLKEM768|(SecP384r1)?MLKEM1024)$/.test(name),
      name,
    );
  }
});
