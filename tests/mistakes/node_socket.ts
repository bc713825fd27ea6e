// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { relay, toNodeSocket } from "@nss/nss/node";
import { connected } from "../ssl/_support.ts";
import { event, nodeEnds, secured } from "../ssl/node/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Sockets of Node's";

/** Rejects with what a socket emits as its error. */
async function errorOf(ends: Awaited<ReturnType<typeof secured>>): Promise<never> {
  const [error] = await event(ends.client, "error");
  throw error;
}

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`toNodeSocket(conn)` of a connection that `importFD` has not made TLS of",
    make: () => toNodeSocket(Object({ read() {}, write() {} })),
    name: "PR_BAD_DESCRIPTOR_ERROR",
    says: "Cannot use socket: it was not made by importFD",
  },
  {
    mistake: "a server that ends its connection without close_notify",
    make: async () => {
      await using ends = await secured();
      ends.client.resume();
      ends.server.destroy();
      await errorOf(ends);
    },
    name: "Error",
    says: "Cannot read on: the connection ended without close_notify, so data may be missing; " +
      "where the protocol itself marks the end of its data, allowTruncation accepts such an end",
  },
  {
    mistake: "`setServername()` once the handshake has begun",
    make: async () => {
      await using ends = await secured();
      ends.client.setServername("server.test");
    },
    name: "Error",
    says:
      "Cannot configure socket: its first handshake has begun; this may only be set before it, " +
      "as by an option of importFD",
  },
  {
    mistake: "`exportKeyingMaterial()` before the handshake is complete",
    make: async () => {
      await using ends = nodeEnds();
      ends.client.exportKeyingMaterial(32, "EXPORTER-Channel-Binding");
    },
    name: "Error",
    says: "Cannot export keying material: the handshake is not complete; " +
      "wait for secureConnect, or secure on a server",
  },
  {
    mistake: "`setTimeout(-1)`",
    make: async () => {
      await using ends = nodeEnds();
      ends.client.setTimeout(-1);
    },
    name: "RangeError",
    says: "Cannot set timeout: -1 is no number of milliseconds from 0 on",
  },
  {
    mistake: "`setKeyCert()`",
    make: async () => {
      await using ends = nodeEnds();
      ends.server.setKeyCert();
    },
    name: "Error",
    says:
      "Cannot set certificate: the handshake is under way; choose it by SNICallback, or by the " +
      "hook sniSocketConfig",
  },
  {
    mistake: '`relay(socket, { dir: "/run/app" })`',
    make: async () => {
      await using ends = await connected();
      await relay(ends.client, Object({ dir: "/run/app" }));
    },
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot relay: there is no option dir",
  },
  {
    mistake: "`relay(socket, { folder })` with a long path",
    make: async () => {
      await using ends = await connected();
      const parent = await Deno.makeTempDir({ dir: "/tmp" });
      const folder = parent.padEnd(95, "/x");
      await Deno.mkdir(folder, { recursive: true });
      try {
        await relay(ends.client, { folder });
      } finally {
        await Deno.remove(parent, { recursive: true });
      }
    },
    name: "PR_NAME_TOO_LONG_ERROR",
    says:
      "Cannot relay: the path of the Unix socket has more than the 103 bytes that systems take; " +
      "name a shorter one by the option folder",
  },
];
