// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { newModel, setSockPeerID } from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { session } from "../_support.ts";

Deno.test("setSockPeerID() keeps the sessions of one peer from another", async () => {
  const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
  const resumed = async (peerId: string | null) => {
    const model = newModel();
    setSockPeerID(model, peerId);
    const client = { model, context: contexts[0]! };
    return (await session({ client, server: { context: contexts[1]! } }))[0].resumed;
  };
  assertEquals([await resumed("a"), await resumed("a"), await resumed("b")], [false, true, false]);
  assertEquals([await resumed(null), await resumed(null), await resumed("a")], [false, true, true]);
});
