// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Greeting } from "../explain/not_tls.ts";
import { STARTTLS } from "./starttls.ts";

/** What is on some ports, and closes them without a word where a ClientHello comes. */
const PORTS: ReadonlyMap<number, Greeting> = new Map<number, Greeting>([
  ...Object.entries(STARTTLS).map(([name, { port }]) =>
    [port, { name: name.toUpperCase(), starttls: name }] as const
  ),
  [25, { name: "SMTP", starttls: "smtp" }],
  [80, { name: "HTTP without TLS", starttls: null }],
  [3389, { name: "RDP, whose TLS begins behind packets of its own", starttls: null }],
]);

/** Tells which protocol is on a port by custom, where it does not begin with TLS. */
export function usualOn(port: number): Greeting | null {
  return PORTS.get(port) ?? null;
}
