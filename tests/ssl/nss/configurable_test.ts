// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  authCertificateHook,
  badCertHook,
  getClientAuthDataHook,
  handshakeCallback,
  keyLogCallback,
  resetHandshake,
  setPKCS11PinArg,
  setSockPeerID,
  setTrustAnchors,
  setURL,
  sniSocketConfigHook,
  SslError,
} from "@nss/nss/ssl";
import { HOSTNAME, join, shake } from "../_support.ts";

Deno.test("setters fail in the middle of a handshake, and afterwards where the first one has settled it", async () => {
  await using joined = join();
  const settled = [
    () => setURL(joined.client, HOSTNAME),
    () => resetHandshake(joined.client, true),
    () => setSockPeerID(joined.client, "a"),
  ];
  const setters = [
    ...settled,
    () => authCertificateHook(joined.client, null),
    () => badCertHook(joined.client, null),
    () => getClientAuthDataHook(joined.client, null),
    () => sniSocketConfigHook(joined.client, null),
    () => handshakeCallback(joined.client, null),
    () => keyLogCallback(joined.client, null),
    () => setTrustAnchors(joined.client, []),
    () => setPKCS11PinArg(joined.client, 1),
  ];
  const assertRefused = (set: () => void) =>
    assertEquals(assertThrows(set, SslError).name, "PR_IS_CONNECTED_ERROR", String(set));
  const shaking = shake(joined);
  setters.forEach(assertRefused);
  await shaking;
  settled.forEach(assertRefused);
  for (const set of setters.slice(settled.length)) set();
});
