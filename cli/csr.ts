// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss csr`: requests for certificates (PKCS#10). @module */

import { NssError } from "../cert/base/errors.ts";
import { oidName } from "../cert/der/oids.ts";
import { formatGeneralName, verifyCertificateRequest } from "../cert/mod.ts";
import type { Command } from "./base/command.ts";
import { reporting } from "./base/reporting.ts";
import { layOut, safe } from "./base/text.ts";
import { issue, request } from "./store/issue.ts";
import { readRequest } from "./store/read_certificates.ts";
import { keyText } from "./store/text.ts";

const show: Command = reporting({
  name: "csr show",
  args: "FILE",
  text: "Print what a request asks for, and whether its own key has signed it",
  options: [],
  json: {
    subject: "the distinguished name; empty for none",
    names: "the alternative names, as DNS:example.com",
    key: "the kind of key",
    extensions: "the extensions that are asked for: oid, name (null if unknown), critical",
    good: "whether its own key has signed it",
    error: "the name of the error; null if it is good",
  },
  examples: [{ line: "csr show request.pem", text: "look at it before it is certified" }],
  run: async (args, io) => {
    const parsed = await readRequest(args.positional[0]!, io);
    const verdict = await verifyCertificateRequest(parsed).then(() => null, (error: unknown) => {
      if (error instanceof NssError) return error;
      throw error;
    });
    const names = (parsed.subjectAltName ?? []).map(formatGeneralName);
    const key = keyText(parsed.subjectPublicKeyInfo.algorithm);
    const extensions = [...parsed.extensions.values()].map(({ oid, critical }) => ({
      oid,
      name: oidName(oid) ?? null,
      critical,
    }));
    const rows = [
      ["subject", safe(parsed.subject) || "none"],
      ["names", safe(names.join(", "), 1000) || "none"],
      ["key", key],
      ["extensions", extensions.map(({ oid, name }) => safe(name ?? oid)).join(", ") || "none"],
      ["signature", verdict === null ? "good" : `not good: ${safe(verdict.message)}`],
    ];
    const [good, error] = [verdict === null, verdict?.name ?? null];
    return {
      text: layOut(rows, io.out.width),
      json: { subject: String(parsed.subject), names, key, extensions, good, error },
      outcome: good ? "good" : "negative",
    };
  },
});

/** The commands. */
export const COMMANDS: readonly Command[] = [request, show, issue];
