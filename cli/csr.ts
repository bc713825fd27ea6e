// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss csr`: requests for certificates (PKCS#10). @module */

import { NssError } from "../cert/base/errors.ts";
import {
  formatGeneralName,
  parseCertificateRequest,
  verifyCertificateRequest,
} from "../cert/mod.ts";
import type { Command } from "./base/command.ts";
import { readBytes } from "./base/files.ts";
import { layOut, safe } from "./base/text.ts";
import { issue, request } from "./store/issue.ts";
import { keyText } from "./store/text.ts";

const show: Command = {
  name: "csr show",
  args: "FILE",
  text: "Print what a request asks for, and whether its own key has signed it",
  options: [],
  examples: [{ line: "csr show request.pem", text: "look at it before it is certified" }],
  run: async (args, io) => {
    const parsed = parseCertificateRequest(await readBytes(args.positional[0]!, io));
    const verdict = await verifyCertificateRequest(parsed).then(() => null, (error: unknown) => {
      if (error instanceof NssError) return error;
      throw error;
    });
    const names = (parsed.subjectAltName ?? []).map((name) => safe(formatGeneralName(name)));
    const rows = [
      ["subject", safe(parsed.subject) || "none"],
      ["names", names.join(", ") || "none"],
      ["key", keyText(parsed.subjectPublicKeyInfo.algorithm)],
      ["extensions", [...parsed.extensions.keys()].map((oid) => safe(oid)).join(", ") || "none"],
      ["signature", verdict === null ? "good" : `not good: ${safe(verdict.message)}`],
    ];
    await io.out.line(layOut(rows, io.out.width));
    return verdict === null ? "good" : "negative";
  },
};

/** The commands. */
export const COMMANDS: readonly Command[] = [request, show, issue];
