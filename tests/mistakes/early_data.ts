// Copyright 2026 the NSS for Deno authors. MIT license.

import { newModel } from "../../ssl/config/model.ts";

import {
  createAntiReplayContext,
  exportEarlyKeyingMaterial,
  readEarlyData,
  setMaxEarlyDataSize,
  writeEarlyData,
} from "../../ssl/nss/early_data.ts";
import { home, REQUEST } from "../ssl/_early_data.ts";
import { connected, join } from "../ssl/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Early data";

/** Resumes, the server with other options. */
async function resume(server: Parameters<typeof home>[0]): Promise<void> {
  const at = home();
  await at.visit();
  await using joined = at.join({ server: server! });
  joined.server.handshake().catch(() => {});
  await writeEarlyData(joined.client, REQUEST);
}

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`writeEarlyData()` after `handshake()`",
    make: async () => {
      await using ends = await connected();
      await writeEarlyData(ends.client, REQUEST);
    },
    name: "PR_IS_CONNECTED_ERROR",
    says: "Cannot send early data: the handshake has begun; " +
      "call writeEarlyData() before the first read, write or handshake()",
  },
  {
    mistake: "`writeEarlyData()` on a server",
    make: async () => {
      await using ends = join();
      await writeEarlyData(ends.server, REQUEST);
    },
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      "Cannot write early data: only a client sends it; a server writes early by the option halfRttData",
  },
  {
    mistake: "`writeEarlyData()` of a text",
    make: async () => {
      await using ends = join();
      await writeEarlyData(ends.client, "GET /" as unknown as Uint8Array);
    },
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot write early data: bytes is a string, not a Uint8Array",
  },
  {
    mistake: "`readEarlyData()` on a client",
    make: async () => {
      await using ends = join();
      await readEarlyData(ends.client, new Uint8Array(1));
    },
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot read early data: only a server gets it",
  },
  {
    mistake: "more early data than a server may keep",
    make: () => setMaxEarlyDataSize(newModel({ role: "server" }), 2 ** 21),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot set maxEarlyData: size is 2097152, not a whole number from 0 to 1048576",
  },
  {
    mistake: "a store of tickets that cannot take",
    make: () =>
      createAntiReplayContext({ store: new Map() as unknown as { put(): void; take(): boolean } }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot create anti-replay context: store is an object of type Map, " +
      "not a SessionStore or an EarlyDataStore, with methods put and take",
  },
  {
    mistake: "`exportEarlyKeyingMaterial()` without early data",
    make: async () => {
      await using ends = await connected();
      await exportEarlyKeyingMaterial(ends.client, "EXPORTER-Example", 32);
    },
    name: "SSL_ERROR_FEATURE_DISABLED",
    says:
      "Cannot export early keying material: no early data is being sent, or has been accepted; " +
      "after the handshake use exportKeyingMaterial()",
  },
  {
    mistake: "early data to a server that has gone back to TLS 1.2",
    make: () => resume({ versions: { max: "TLSv1.2" } }),
    name: "SSL_ERROR_DOWNGRADE_WITH_EARLY_DATA",
    says: "Cannot take ServerHello: the server chose TLS 1.2 although early data was sent, which " +
      "only TLS 1.3 has; connect again without early data",
  },
];
