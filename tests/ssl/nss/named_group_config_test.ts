// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { keyShareClientHello } from "../../../ssl/extensions/key_share.ts";
import { supportedGroups } from "../../../ssl/extensions/supported_groups.ts";
import { namedGroupConfig, newModel, sendAdditionalKeyShares, SslError } from "@nss/nss/ssl";
import { join, shake } from "../_support.ts";
import { keepHellos } from "../_hello.ts";
import { NAMED_GROUPS } from "../../../ssl/tables/named_groups.ts";

Deno.test("namedGroupConfig() decides what a client offers, and in which order", async () => {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const hellos = keepHellos();
    const client = { versions: { min: version, max: version } };
    await using joined = join({ client, clientInternals: hellos });
    namedGroupConfig(joined.client, ["secp384r1", "secp256r1"]);
    const { group } = (await shake(joined))[0];
    // In TLS 1.3 any group with a share goes before a round trip; in TLS 1.2 the server's order
    // decides.
    assertEquals(group, version === "TLSv1.3" ? "secp384r1" : "secp256r1");
    assertEquals(hellos.sent[0]!.extensions!.get(supportedGroups), [0x18, 0x17]);
  }
});

Deno.test("namedGroupConfig() decides what a server takes, in both versions", async () => {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const versions = { min: version, max: version };
    await using joined = join({ client: { versions }, server: { versions } });
    namedGroupConfig(joined.server, ["secp521r1"]);
    assertEquals((await shake(joined))[0].group, "secp521r1");
  }
});

Deno.test("namedGroupConfig() refuses groups that nobody has, and none", () => {
  // deno-lint-ignore no-explicit-any -- what JavaScript may pass
  for (const groups of [[], ["ffdhe2048"], ["x25519", "x448"]] as any[]) {
    const error = assertThrows(() => namedGroupConfig(newModel(), groups), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("sendAdditionalKeyShares() counts the shares besides the first group's", async () => {
  for (
    const [count, groups] of [[0, [0x17]], [1, [0x17, 0x1d]], [4, [0x17, 0x1d, 0x18]]] as const
  ) {
    const hellos = keepHellos();
    await using joined = join({ clientInternals: hellos });
    sendAdditionalKeyShares(joined.client, count);
    namedGroupConfig(joined.client, ["secp256r1", "x25519", "secp384r1"]); // before or after
    await shake(joined);
    const shares = hellos.sent[0]!.extensions!.get(keyShareClientHello)!;
    assertEquals(shares.map(({ group }) => group), [...groups]);
  }
});

Deno.test("sendAdditionalKeyShares() refuses what is no number of groups", () => {
  const { length } = NAMED_GROUPS;
  sendAdditionalKeyShares(newModel(), length - 1);
  for (const count of [-1, length, 0.5, NaN]) {
    const error = assertThrows(() => sendAdditionalKeyShares(newModel(), count), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});
