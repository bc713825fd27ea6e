// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import type { ImportOptions } from "../../../ssl/config/import_options.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../../../ssl/tables/cipher_suites.ts";
import { NAMED_GROUPS } from "../../../ssl/tables/named_groups.ts";
import { signatureSchemeByName } from "../../../ssl/tables/signature_schemes.ts";
import { withoutAlgorithms } from "../../support/lacking_webcrypto.ts";
import { join, shake } from "../_support.ts";

/** What a client offers, and what is agreed on with a server of the same runtime. */
async function offer(lacking: readonly string[] | null, client: ImportOptions = {}) {
  return await withoutAlgorithms(lacking, async () => {
    const offered: Record<"groups" | "suites" | "schemes" | "shares", readonly number[]> = {
      groups: [],
      suites: [],
      schemes: [],
      shares: [],
    };
    await using joined = join({
      client,
      server: {
        clientHelloCallback: (_, { groups, cipherSuites, signatureSchemes, keyShareGroups }) => {
          offered.groups = groups;
          offered.suites = cipherSuites;
          offered.schemes = signatureSchemes;
          offered.shares = keyShareGroups;
        },
      },
    });
    const [{ group, cipherSuite }] = await shake(joined);
    return { ...offered, group, cipherSuite };
  });
}

const hybrids = NAMED_GROUPS.filter(({ name }) => name.endsWith("MLKEM768")).map(({ id }) => id);
const chacha = [
  ...CIPHER_SUITES.filter(({ aead }) => aead === "ChaCha20-Poly1305"),
  ...TLS12_CIPHER_SUITES.filter(({ bulk, enabledByDefault }) =>
    enabledByDefault && bulk === "ChaCha20-Poly1305"
  ),
].map(({ id }) => id);
const mldsa = signatureSchemeByName("mldsa65")!.id;

Deno.test("a client offers what its WebCrypto has, and nothing else", async () => {
  const all = await offer([]);
  assertEquals(hybrids.map((id) => all.groups.includes(id)), [true, true]);
  assertEquals(chacha.every((id) => all.suites.includes(id)), true);
  assertEquals(all.group, "X25519MLKEM768");

  const no768 = await offer(["ML-KEM-768"]);
  assertEquals(no768.groups, all.groups.filter((id) => !hybrids.includes(id)));
  // The other hybrid is offered without a share, for which the server does not ask.
  assertEquals([no768.group, no768.shares], ["x25519", [0x1d]]);
  const noMlKem = await offer(["ML-KEM-768", "ML-KEM-1024"]);
  assertEquals(noMlKem.groups, no768.groups.filter((id) => id !== 0x11ed));
  assertEquals(noMlKem.shares, all.shares.filter((id) => !hybrids.includes(id)));
  assertEquals(noMlKem.suites, all.suites);
  assertEquals(noMlKem.group, "x25519");

  const noChaCha = await offer(["ChaCha20-Poly1305"]);
  assertEquals(noChaCha.suites, all.suites.filter((id) => !chacha.includes(id)));
  assertEquals(noChaCha.groups, all.groups);

  const node22 = await offer(null);
  assertEquals(node22.suites, noChaCha.suites);
  assertEquals(node22.groups, [0x1d, 0x17, 0x18, 0x19]);
});

Deno.test("a client that names what its WebCrypto lacks offers the rest of what it names", async () => {
  const named: ImportOptions = {
    groups: ["X25519MLKEM768", "secp384r1", "x25519"],
    keyShares: ["X25519MLKEM768"],
    cipherSuites: ["TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384"],
    signatureSchemes: ["mldsa65", "ecdsa_secp256r1_sha256"],
  };
  assertEquals((await offer([], named)).schemes.includes(mldsa), true);
  const { groups, shares, suites, schemes, group, cipherSuite } = await offer(
    ["ML-KEM-768", "ML-DSA-65", "ChaCha20-Poly1305"],
    named,
  );
  assertEquals([group, cipherSuite], ["secp384r1", "TLS_AES_256_GCM_SHA384"]);
  assertEquals([groups, shares], [[0x18, 0x1d], [0x18]]);
  assertEquals([suites, schemes], [[0x1302], [0x0403]]);
});

Deno.test("a server does not choose what its WebCrypto lacks, though the client offers it", async () => {
  // Both ends of a test have one runtime, which is asked when a handshake begins.
  const joined = join();
  const asking = joined.client.handshake();
  await withoutAlgorithms(["ML-KEM-768", "ML-KEM-1024"], async () => {
    const [{ group, helloRetryRequest }] = await Promise.all([asking, joined.server.handshake()]);
    assertEquals([group, helloRetryRequest], ["x25519", false]);
  });
  await joined[Symbol.asyncDispose]();
});
