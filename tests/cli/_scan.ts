// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Looks at servers as `nss scan` does, in this process; and what other scanners find. @module */

import { Look } from "../../cli/scan/look.ts";
import { Pace } from "../../cli/scan/pace.ts";
import { Prober } from "../../cli/scan/prober.ts";
import { suiteName } from "../../cli/explain/names.ts";
import type { Seen } from "../../cli/scan/seen.ts";
import type { ConnLike } from "../../ssl/mod.ts";

/** What a look sees without certificates. */
export type Looked = Omit<Seen, "certificates">;

/** How a server is looked at. */
export interface LookOptions {
  /** The name that is asked for. */
  readonly hostname?: string;
  /** How many milliseconds an answer may take. */
  readonly timeout?: number;
  /** The most connections. */
  readonly budget?: number;
}

/** Looks at a server. */
export async function lookAt(
  open: () => Promise<ConnLike>,
  { hostname = "localhost", timeout = 10_000, budget = 3000 }: LookOptions = {},
): Promise<Looked> {
  const pace = new Pace(1e6, budget);
  const prober = new Prober({ open, hostname, timeout, pace, progress: () => Promise.resolve() });
  const look = new Look(prober, timeout, () => Promise.resolve());
  await look.versions();
  return await look.everything();
}

/** Opens connections to a port of this machine. */
export function to(port: number): () => Promise<Deno.TcpConn> {
  return () => Deno.connect({ hostname: "127.0.0.1", port });
}

/** The suites of each version that is offered. */
export type Suites = Readonly<Record<string, readonly string[]>>;

/** The suites that a look has seen, sorted. */
export function suitesSeen({ versions }: Looked): Suites {
  return Object.fromEntries(
    versions.filter(({ offered }) => offered === true)
      .map(({ version, names }) => [version, names.toSorted()]),
  );
}

/** The suites in the XML of sslscan. */
export function suitesOfSslscan(xml: string): Suites {
  const suites: Record<string, string[]> = {};
  const rows = xml.matchAll(/<cipher [^>]*sslversion="([^"]+)"[^>]* id="0x([0-9A-F]{4})"/g);
  for (const [, version, id] of rows) {
    const name = version!.replace("TLSv", "TLS ").replace("SSLv3", "SSL 3.0");
    (suites[name] ??= []).push(suiteName(Number(`0x${id}`)));
  }
  return sorted(suites);
}

/** The suites in the XML of nmap's script ssl-enum-ciphers. */
export function suitesOfNmap(xml: string): Suites {
  const suites: Record<string, string[]> = {};
  for (
    const [, version, table] of xml.matchAll(
      /<table key="(TLSv[\d.]+|SSLv3)">(.*?)cipher preference/gs,
    )
  ) {
    const name = version!.replace("TLSv", "TLS ").replace("SSLv3", "SSL 3.0");
    suites[name] = [...table!.matchAll(/key="name">([A-Za-z0-9_]+)/g)]
      // Its names of TLS 1.3's suites are its own
      .map(([, suite]) => suite!.replace("TLS_AKE_WITH_", "TLS_"));
  }
  return sorted(suites);
}

function sorted(suites: Record<string, string[]>): Suites {
  return Object.fromEntries(
    Object.entries(suites).sort(([a], [b]) => a < b ? -1 : 1)
      .map(([version, names]) => [version, names.toSorted()]),
  );
}
