// Copyright 2026 the NSS for Deno authors. MIT license.

/** The checks of external pre-shared keys, at n and n + 1. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  MAX_PSK_CONTEXT_LENGTH,
  MAX_PSK_IDENTITY_LENGTH,
  MAX_PSK_LENGTH,
  MIN_PSK_LENGTH,
  takeExternalPsks,
} from "../../../ssl/config/external_psk.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { newModel } from "../../../ssl/config/model.ts";
import { MAX_OFFERED_PSKS } from "../../../ssl/config/external_psk.ts";
import { failureOf, join, session } from "../_support.ts";

const PSK = { identity: "a", key: new Uint8Array(16) };

function refusalOf(psk: unknown): string {
  try {
    takeExternalPsks([psk], "externalPsks");
  } catch (error) {
    assertEquals(error instanceof SslError && error.name, "SEC_ERROR_INVALID_ARGS");
    return error instanceof Error ? error.message : "";
  }
  return "";
}

Deno.test("externalPsks: lengths of keys, identities, contexts and names, at their bounds and beyond", () => {
  const bytes = (length: number) => new Uint8Array(length);
  const rows: readonly (readonly [(length: number) => object, number, number])[] = [
    [(length) => ({ key: bytes(length) }), MIN_PSK_LENGTH, MAX_PSK_LENGTH],
    [(length) => ({ identity: bytes(length) }), 1, MAX_PSK_IDENTITY_LENGTH],
    [
      (length) => ({ identity: "ü".repeat(length / 2) + "a".repeat(length % 2) }),
      1,
      MAX_PSK_IDENTITY_LENGTH,
    ],
    [(length) => ({ importer: { context: bytes(length) } }), 0, MAX_PSK_CONTEXT_LENGTH],
    [(length) => ({ importer: { client: bytes(length), server: "b" } }), 1, 255],
    [(length) => ({ importer: { client: "a", server: bytes(length) } }), 1, 255],
  ];
  for (const [make, min, max] of rows) {
    for (const length of [min, max]) assertEquals(refusalOf({ ...PSK, ...make(length) }), "");
    for (const length of [min - 1, max + 1]) {
      if (length >= 0) assertStringIncludes(refusalOf({ ...PSK, ...make(length) }), "bytes");
    }
  }
});

Deno.test("externalPsks: a message names what is wrong, and shows neither key nor password", async () => {
  const aes = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt"]);
  for (
    const [psk, why] of [
      [7, "externalPsks[0] is a number, not an object with identity, key, hash, importer"],
      [{ key: PSK.key }, "externalPsks[0].identity is missing"],
      [
        { ...PSK, identity: 7 },
        "externalPsks[0].identity is a number, not a string or a Uint8Array",
      ],
      [
        { ...PSK, key: "correct horse battery" },
        "externalPsks[0].key is a string, not a Uint8Array or a CryptoKey",
      ],
      [
        { ...PSK, key: aes },
        "externalPsks[0].key is a CryptoKey for AES-GCM with the usages encrypt; import it by",
      ],
      [
        { ...PSK, hash: "SHA-512" },
        'externalPsks[0].hash is "SHA-512", not one of SHA-256, SHA-384',
      ],
      [
        { ...PSK, hashes: [] },
        "externalPsks[0] has a member hashes; there are identity, key, hash, importer",
      ],
      [
        { ...PSK, importer: { client: "a" } },
        "importer needs both client and server, or context alone",
      ],
      [{ ...PSK, importer: { client: "a", server: "b", context: "c" } }, "or context alone"],
      [
        { ...PSK, importer: { client: "a", server: "a" } },
        "importer has one name for client and server",
      ],
    ] as const
  ) assertStringIncludes(refusalOf(psk), why);
});

Deno.test("externalPsks: keys are copied, and one identity comes once in each form", () => {
  const key = new Uint8Array(16).fill(1);
  const [taken] = takeExternalPsks([{ identity: "a", key }], "externalPsks");
  key.fill(2);
  assertEquals(taken!.key, new Uint8Array(16).fill(1));
  const forms = [PSK, { ...PSK, importer: {} }, { ...PSK, importer: { context: "x" } }];
  assertEquals(takeExternalPsks(forms, "externalPsks").length, 3);
  try {
    takeExternalPsks([...forms, { ...PSK, importer: { context: "x" } }], "externalPsks");
    throw new Error("it was taken");
  } catch (error) {
    assertStringIncludes(String(error), "externalPsks[2] has the identity of another one");
  }
});

Deno.test("pskKeyExchangeModes and pskIdentityHint take what there is, and nothing else", () => {
  for (const modes of [["psk_ke"], ["psk_ke", "psk_dhe_ke"]]) {
    newModel({ pskKeyExchangeModes: modes as ["psk_ke"] });
  }
  for (
    const options of [
      { pskKeyExchangeModes: [] },
      { pskKeyExchangeModes: ["psk"] },
      { pskKeyExchangeModes: ["psk_ke", "psk"] },
      { pskKeyExchangeModes: "psk_ke" },
      { pskIdentityHint: "" },
      { pskIdentityHint: "a".repeat(MAX_PSK_IDENTITY_LENGTH + 1) },
      { pskIdentityHint: 7 },
    ]
  ) {
    let error: unknown;
    try {
      newModel(options as object);
    } catch (thrown) {
      error = thrown;
    }
    assertEquals(
      error instanceof SslError && error.name,
      "SEC_ERROR_INVALID_ARGS",
      JSON.stringify(options),
    );
  }
});

Deno.test("a client offers MAX_OFFERED_PSKS keys of the longest identities, imported, with a session, and not one more", async () => {
  const psk = (i: number) => ({
    identity: new Uint8Array(MAX_PSK_IDENTITY_LENGTH).fill(i),
    key: new Uint8Array(32).fill(i),
    importer: { context: new Uint8Array(MAX_PSK_CONTEXT_LENGTH) },
  });
  const externalPsks = Array.from({ length: MAX_OFFERED_PSKS }, (_, i) => psk(i));
  const versions = { min: "TLSv1.3" } as const;
  const [info] = await session({
    client: { externalPsks, versions },
    server: { certificates: [], externalPsks: [psk(3)] },
  });
  assertEquals(info.pskIdentity![0], 3);
  await using joined = join({ client: { externalPsks: [...externalPsks, psk(99)], versions } });
  const error = await failureOf(joined.client.handshake());
  assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  assertStringIncludes(error.message, "there are 9, more than 8");
});
