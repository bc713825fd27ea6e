// Copyright 2026 the NSS for Deno authors. MIT license.

/** The other ports of a server that inspects: each takes another handshake. @module */

import type { ImportOptions, NamedGroupName } from "../../ssl/mod.ts";
import { NAMED_GROUPS } from "../../ssl/tables/named_groups.ts";

/** A port, and what is different there. */
export interface Door {
  /** Its name, as `tls12`. */
  readonly name: string;
  /** What it changes, as the heading of several doors. */
  readonly about: "Versions" | "Key exchange" | "Client certificate" | "Sessions";
  /** What it is, in a few words. */
  readonly title: string;
  /** What is to be seen there. */
  readonly text: string;
  /** What replaces the options of the server. */
  readonly options: Pick<
    ImportOptions,
    "versions" | "groups" | "clientAuth" | "sessionTickets" | "maxEarlyData"
  >;
}

/** The port that the command line names. */
export const MAIN = "main";

/** How much early data is taken, in bytes: a request of a browser, and more. */
const EARLY_DATA = 16_384;

const HYBRIDS: readonly NamedGroupName[] = NAMED_GROUPS.map(({ name }) => name).filter((name) =>
  name.includes("MLKEM") && !name.startsWith("MLKEM")
);

/** The doors, in the order in which they are shown. */
export const DOORS: readonly Door[] = [
  {
    name: "tls13",
    about: "Versions",
    title: "TLS 1.3 only",
    text: "one round trip, and the certificate is encrypted",
    options: { versions: { min: "TLSv1.3", max: "TLSv1.3" } },
  },
  {
    name: "tls12",
    about: "Versions",
    title: "TLS 1.2 only",
    text: "two round trips; the certificate can be read on the way",
    options: { versions: { min: "TLSv1.2", max: "TLSv1.2" } },
  },
  {
    name: "hybrid",
    about: "Key exchange",
    title: "Hybrid groups only",
    text: "fails for a client without ML-KEM",
    options: { groups: HYBRIDS },
  },
  {
    name: "x25519",
    about: "Key exchange",
    title: "x25519 only",
    text: "as most servers were before the hybrids",
    options: { groups: ["x25519"] },
  },
  {
    name: "secp384r1",
    about: "Key exchange",
    title: "secp384r1 only",
    text: "most clients send no key share of it: a HelloRetryRequest is to be seen",
    options: { groups: ["secp384r1"] },
  },
  {
    name: "certificate-asked",
    about: "Client certificate",
    title: "Certificate asked for",
    text: "a browser that has one lets you choose; any is taken, and its problems are shown",
    options: { clientAuth: "request" },
  },
  {
    name: "certificate-required",
    about: "Client certificate",
    title: "Certificate required",
    text: "fails for a client without one; any is taken",
    options: { clientAuth: "require" },
  },
  {
    name: "no-resumption",
    about: "Sessions",
    title: "No resumption",
    text: "a full handshake each time",
    options: { sessionTickets: false },
  },
  {
    name: "early-data",
    about: "Sessions",
    title: "Early data taken",
    text: "load it twice: a client that sends early data has its request in the first flight",
    options: { maxEarlyData: EARLY_DATA },
  },
];
