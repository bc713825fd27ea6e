// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the members of an inspection are. @module */

import type { Inspection } from "./inspection.ts";

/** The members of an inspection, each with what it is: the documentation of `/json`. */
export const INSPECTION_MEMBERS: Readonly<Record<keyof Inspection, string>> = {
  format: "1; another number where a member goes or means something else",
  door: "the port by which the client came: main, or the name of another handshake",
  client: "the client's address and port",
  ja4: "the JA4 fingerprint of the client",
  offered: "versions, cipherSuites, groups, keyShares, signatureSchemes, alpnProtocols, " +
    "serverName, extensions",
  hellos:
    "each ClientHello as a tree of fields: name, value, text (what it is for), mark (grease, " +
    "unknown, weak, malformed or null), start and end (bytes of the message), fields, isList",
  negotiated: "what was agreed on, a list: what, chosen, why, client and server (what each offers)",
  findings: "what a better client would have sent, a list: level (insecure, old, better, good), " +
    "what, which, why, cure",
  certificates: "those of the server and of the client: certificates as those of nss client, and " +
    "problems (error, says, cause, cure)",
  sessions: "resumption, earlyData, keyUpdate: done, says",
  flights: "what went over the connection till the request: way, at (ms), bytes, items (name, " +
    "length, encrypted, says)",
  links: "where other handshakes are to be had: door, url",
};
