// Copyright 2026 the NSS for Deno authors. MIT license.

/** Binders of external pre-shared keys, beside those that `node:crypto` computes step by step. */

import { assertEquals } from "@std/assert";
import { createHash, createHmac } from "node:crypto";
import { formsOf } from "../../../ssl/authentication/external_psk.ts";
import { takeExternalPsks } from "../../../ssl/config/external_psk.ts";

type Bytes = Uint8Array<ArrayBufferLike>;
const LENGTHS = { sha256: 32, sha384: 48 } as const;
type Hash = keyof typeof LENGTHS;

const hmac = (hash: Hash, key: Bytes, ...parts: Bytes[]): Bytes => {
  const mac = createHmac(hash, key);
  for (const part of parts) mac.update(part);
  return new Uint8Array(mac.digest());
};

/** HKDF-Expand-Label (RFC 8446, Section 7.1), block by block. */
function expandLabel(
  hash: Hash,
  secret: Bytes,
  label: string,
  context: Bytes,
  length: number,
): Bytes {
  const name = new TextEncoder().encode(`tls13 ${label}`);
  const info = Uint8Array.of(
    length >> 8,
    length & 255,
    name.length,
    ...name,
    context.length,
    ...context,
  );
  let [block, output]: [Bytes, number[]] = [new Uint8Array(0), []];
  for (let i = 1; output.length < length; i++) {
    block = hmac(hash, secret, block, info, Uint8Array.of(i));
    output = [...output, ...block];
  }
  return Uint8Array.from(output.slice(0, length));
}

/** The binder of a key over a transcript hash (RFC 8446, Sections 4.2.11.2 and 7.1). */
function binder(hash: Hash, psk: Bytes, label: string, transcript: Bytes): Bytes {
  const length = LENGTHS[hash];
  const early = hmac(hash, new Uint8Array(length), psk);
  const none = new Uint8Array(createHash(hash).digest());
  const key = expandLabel(hash, early, label, none, length);
  return hmac(hash, expandLabel(hash, key, "finished", new Uint8Array(0), length), transcript);
}

Deno.test("formsOf() of a key that is used as it is gives the binder of RFC 8446", async () => {
  const key = Uint8Array.from({ length: 16 }, (_, i) => i);
  for (const [hash, node] of [["SHA-256", "sha256"], ["SHA-384", "sha384"]] as const) {
    const [external] = takeExternalPsks([{ identity: "a", key, hash }], "psks");
    const forms = formsOf(external!);
    assertEquals(forms.map(({ hash, kind }) => [hash, kind]), [[hash, "ext"]]);
    const transcript = new Uint8Array(LENGTHS[node]).fill(5);
    const binderKey = await forms[0]!.earlySecret().binderKey("ext");
    assertEquals(
      await binderKey.finishedMac(transcript),
      binder(node, key, "ext binder", transcript),
    );
  }
});

Deno.test("formsOf() of an imported key gives the identities and binders of RFC 9258, for either hash", async () => {
  const key = Uint8Array.from({ length: 40 }, (_, i) => 255 - i);
  const cryptoKey = await crypto.subtle.importKey("raw", key, "HKDF", false, ["deriveBits"]);
  const importer = { client: "node A", server: "b" };
  // RFC 9258, Appendix A
  const context = [6, ...new TextEncoder().encode("node A"), 1, 0x62];
  for (const [hash, own] of [["SHA-256", "sha256"], ["SHA-384", "sha384"]] as const) {
    for (const given of [key, cryptoKey]) {
      const psk = { identity: "id", key: given, hash, importer };
      const forms = formsOf(takeExternalPsks([psk], "psks")[0]!);
      for (const [i, target] of (["sha256", "sha384"] as const).entries()) {
        const identity = Uint8Array.of(
          0,
          2,
          0x69,
          0x64,
          0,
          context.length,
          ...context,
          3,
          4,
          0,
          i + 1,
        );
        assertEquals(forms[i]!.identity, identity);
        const epskx = hmac(own, new Uint8Array(LENGTHS[own]), key);
        const digest = new Uint8Array(createHash(own).update(identity).digest());
        const ipskx = expandLabel(own, epskx, "derived psk", digest, LENGTHS[target]);
        const transcript = new Uint8Array(LENGTHS[target]).fill(9);
        const binderKey = await forms[i]!.earlySecret().binderKey(forms[i]!.kind);
        assertEquals(
          await binderKey.finishedMac(transcript),
          binder(target, ipskx, "imp binder", transcript),
          `${own} to ${target}`,
        );
      }
    }
  }
});
