// Copyright 2026 the NSS for Deno authors. MIT license.

/** The command that looks into PKCS#12 files: p12 list. @module */

import { importPkcs12 } from "../../pkcs11/mod.ts";
import { type Algorithm, pkcs12Protection } from "../../pkcs11/pkcs12/pkcs12_protection.ts";
import { formatFingerprint } from "../../cert/format/fingerprint.ts";
import { decodePem } from "../../cert/mod.ts";
import type { Command } from "../base/command.ts";
import { readBytes } from "../base/files.ts";
import { FILE_PASSWORD, filePassword } from "../base/passwords.ts";
import { reporting } from "../base/reporting.ts";
import { parseAs } from "../base/what_file.ts";
import { day, layOut, safe } from "../base/text.ts";
import { keyText, subjectOf } from "./text.ts";

/** Takes files without a MAC. */
export const WITHOUT_MAC = {
  name: "without-mac",
  text: "take a file without a MAC, which anybody may have changed",
};

/** The DER of a file that may be PEM, as GnuTLS writes it. */
function derOf(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes[0] === 0x30) return bytes;
  return new Uint8Array(decodePem(bytes).find(({ label }) => label === "PKCS12")?.der ?? bytes);
}

function algorithmText({ name, iterations, isWeak }: Algorithm): string {
  return `${safe(name)}${iterations === null ? "" : `, ${iterations} iterations`}${
    isWeak ? " (weak: a guess of the password costs little)" : ""
  }`;
}

/** The command. */
export const list: Command = reporting({
  name: "p12 list",
  args: "FILE",
  text: "List what is in a PKCS#12 file, and how it is protected; nothing is imported",
  options: [FILE_PASSWORD, WITHOUT_MAC],
  json: {
    mac: "how the file is protected from changes: name, iterations, isWeak; null if it is not",
    encryption: "how each part and each key is encrypted: name, iterations, isWeak",
    keys: "the private keys: name (null for none), kind, and fingerprint, that of the " +
      "certificate (null for none)",
    certificates: "the certificates: name (null for none), subject, issuer, notAfter, fingerprint",
  },
  examples: [{
    line: "p12 list me.p12 --file-password-file p12.txt",
    text: "whose certificate is it, and is it well protected?",
  }],
  run: async (args, io) => {
    const file = args.positional[0]!;
    const bytes = await readBytes(file, io);
    const options = { allowMissingMac: args.has("without-mac") };
    const password = await filePassword(file, args, io);
    const { identities, certificates } = await parseAs(
      "pkcs12",
      file,
      bytes,
      () => importPkcs12(bytes, password, options),
    );
    const { mac, parts } = pkcs12Protection(derOf(bytes));
    const keys = await Promise.all(
      identities.map(async ({ key, friendlyName, certificates: [own] }) => ({
        name: friendlyName,
        kind: keyText(key.algorithm),
        fingerprint: own === undefined ? null : await formatFingerprint(own),
      })),
    );
    const certs = await Promise.all(certificates.map(async ({ certificate, friendlyName }) => ({
      name: friendlyName,
      subject: subjectOf(certificate),
      issuer: String(certificate.issuer),
      notAfter: certificate.notAfter.toISOString(),
      fingerprint: await formatFingerprint(certificate),
    })));
    const unique = [...new Set(parts.map(algorithmText))];
    const rows = [
      ["MAC", mac === null ? "none: anybody may have changed the file" : algorithmText(mac)],
      ...unique.map((text) => ["encryption", text]),
    ];
    const table = [
      ["WHAT", "NAME", "KIND OR EXPIRY", "SUBJECT"],
      ...identities.map(({ certificates: [own] }, i) => [
        "key",
        safe(keys[i]!.name ?? "-"),
        keys[i]!.kind,
        own === undefined ? "no certificate" : safe(subjectOf(own)),
      ]),
      ...certificates.map(({ certificate, friendlyName }) => [
        "certificate",
        safe(friendlyName ?? "-"),
        day(certificate.notAfter),
        safe(subjectOf(certificate)),
      ]),
    ];
    return {
      text: `${layOut(rows, io.out.width)}\n\n${io.out.table(table)}`,
      json: { mac, encryption: parts, keys, certificates: certs },
    };
  },
});
