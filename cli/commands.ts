// Copyright 2026 the NSS for Deno authors. MIT license.

/** The commands, each loaded when it is run. @module */

import { importLazily } from "../cert/base/lazy_module.ts";
import type { Command } from "./base/command.ts";

/** A command, or a group of them: `nss cert list`. */
export interface Entry {
  /** The word behind `nss`. */
  readonly name: string;
  /** What it does, in a line. */
  readonly text: string;
  /** Loads the command, or those of the group. */
  readonly load: () => Promise<{ readonly COMMANDS: readonly Command[] }>;
}

/** In the order in which people need them. */
export const ENTRIES: readonly Entry[] = [
  {
    name: "client",
    text: "connect to a server, and show who it is, what was negotiated, and what is wrong",
    load: () => importLazily("nss client", () => import("./client.ts")),
  },
  {
    name: "verify",
    text: "verify a certificate: of a host, a file or a database; each step, every problem",
    load: () => importLazily("nss verify", () => import("./verify.ts")),
  },
  {
    name: "scan",
    text: "find out all that a server takes, and whether it keeps to a preset",
    load: () => importLazily("nss scan", () => import("./scan.ts")),
  },
  {
    name: "server",
    text: "serve TLS: echo, static files, a command for each connection, or its handshake",
    load: () => importLazily("nss server", () => import("./server.ts")),
  },
  {
    name: "tap",
    text: "show each record and message that goes to a server and back, explained",
    load: () => importLazily("nss tap", () => import("./tap.ts")),
  },
  {
    name: "ca",
    text: "a private authority in a folder: make it, issue, renew, revoke, trust it",
    load: () => importLazily("nss ca", () => import("./ca.ts")),
  },
  {
    name: "cert",
    text: "certificates and keys in NSS databases, PKCS#11 tokens, Deno KV and PEM files",
    load: () => importLazily("nss cert", () => import("./cert.ts")),
  },
  {
    name: "p12",
    text: "import and export keys with their certificates, as PKCS#12 or PEM",
    load: () => importLazily("nss p12", () => import("./p12.ts")),
  },
  {
    name: "csr",
    text: "requests for certificates: make, look at, certify",
    load: () => importLazily("nss csr", () => import("./csr.ts")),
  },
  {
    name: "crl",
    text: "certificate revocation lists: make, look at, verify",
    load: () => importLazily("nss crl", () => import("./crl.ts")),
  },
  {
    name: "module",
    text: "PKCS#11 libraries, their slots, tokens and mechanisms",
    load: () => importLazily("nss module", () => import("./module.ts")),
  },
];
