// Copyright 2026 the NSS for Deno authors. MIT license.

import { createHash } from "node:crypto";
import { assert, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding";
import { NssError } from "../../../cert/base/errors.ts";
import { MAX_KEPT_TRANSCRIPT, Transcript } from "../../../ssl/crypto/transcript.ts";
import { countSubtleCalls } from "../handshake/subtle.ts";

const ONE = Uint8Array.of(1, 0, 0, 1, 0xaa);
const TWO = Uint8Array.of(2, 0, 0, 2, 0xbb, 0xbc);
const THREE = Uint8Array.of(8, 0, 0, 0);

function hash(algorithm: "sha256" | "sha384", ...parts: Uint8Array[]): string {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
}

function transcriptOf(...messages: Uint8Array[]): Transcript {
  const transcript = new Transcript();
  transcript.setHash("SHA-256");
  for (const message of messages) transcript.add(message);
  return transcript;
}

Deno.test("Transcript.digest() hashes all messages so far, by either hash", async () => {
  const transcript = transcriptOf();
  assertEquals(encodeHex(await transcript.digest()), hash("sha256"));
  transcript.add(ONE);
  assertEquals(encodeHex(await transcript.digest()), hash("sha256", ONE));
  transcript.add(TWO);
  assertEquals(encodeHex(await transcript.digest()), hash("sha256", ONE, TWO));
  assertEquals(transcript.length, 11);
  assertEquals(transcript.hash, "SHA-256");
  transcript.setHash("SHA-384");
  assertEquals(encodeHex(await transcript.digest()), hash("sha384", ONE, TWO));
  assertEquals(transcript.hash, "SHA-384");
});

Deno.test("Transcript.digest() holds more than its first buffer", async () => {
  for (const length of [2047, 2048, 2049, 4096, 4097, 70_000]) {
    const message = Uint8Array.from({ length }, (_, i) => i * 7);
    const transcript = transcriptOf(ONE, message, TWO);
    assertEquals(encodeHex(await transcript.digest()), hash("sha256", ONE, message, TWO));
  }
});

Deno.test("Transcript.digest() takes its input at the call", async () => {
  const transcript = transcriptOf(ONE);
  const before = transcript.digest();
  transcript.add(TWO);
  const after = transcript.digest();
  transcript.add(new Uint8Array(5000)); // moves the buffer
  assertEquals(encodeHex(await before), hash("sha256", ONE));
  assertEquals(encodeHex(await after), hash("sha256", ONE, TWO));
});

Deno.test("Transcript.add() copies the message", async () => {
  const message = ONE.slice();
  const transcript = transcriptOf(message);
  message.fill(0);
  assertEquals(encodeHex(await transcript.digest()), hash("sha256", ONE));
});

Deno.test("Transcript.digest() asks WebCrypto once for the same messages", async () => {
  const transcript = transcriptOf(ONE);
  const { all } = await countSubtleCalls(async () => {
    await Promise.all([transcript.digest(), transcript.digest()]);
    await transcript.digest();
  });
  assertEquals(all, 1);
  const more = await countSubtleCalls(() => {
    transcript.add(TWO);
    return transcript.digest();
  });
  assertEquals(more.all, 1);
});

Deno.test("Transcript.digest() refuses while there is no hash function", async () => {
  const transcript = new Transcript();
  transcript.add(ONE);
  for (const digest of [() => transcript.digest(), () => transcript.digestWith(TWO)]) {
    const error = assertThrows(digest, NssError);
    assertEquals(error.name, "SEC_ERROR_LIBRARY_FAILURE");
  }
  await assertRejects(() => transcript.replaceWithMessageHash(), NssError);
  assertEquals(transcript.length, ONE.length);
});

Deno.test("Transcript.digestWith() covers part of a message and keeps nothing of it", async () => {
  const transcript = transcriptOf(ONE);
  assertEquals(encodeHex(await transcript.digestWith(TWO)), hash("sha256", ONE, TWO));
  assertEquals(encodeHex(await transcript.digest()), hash("sha256", ONE));
  const large = new Uint8Array(3000).fill(5);
  const [withLarge, withTwo] = await Promise.all([
    transcript.digestWith(large),
    transcript.digestWith(TWO, "SHA-384"),
  ]);
  assertEquals(encodeHex(withLarge), hash("sha256", ONE, large));
  assertEquals(encodeHex(withTwo), hash("sha384", ONE, TWO));
  transcript.add(THREE);
  assertEquals(encodeHex(await transcript.digest()), hash("sha256", ONE, THREE));
});

Deno.test("Transcript.digestWith() needs no decided hash if one is given", async () => {
  const transcript = new Transcript();
  assertEquals(encodeHex(await transcript.digestWith(ONE, "SHA-384")), hash("sha384", ONE));
  assertEquals(transcript.hash, undefined);
});

Deno.test("Transcript.replaceWithMessageHash() makes the first ClientHello a message_hash", async () => {
  for (
    const [name, algorithm, length] of [["SHA-256", "sha256", 32], [
      "SHA-384",
      "sha384",
      48,
    ]] as const
  ) {
    const transcript = transcriptOf(ONE);
    transcript.setHash(name);
    const replaced = transcript.replaceWithMessageHash();
    transcript.add(TWO); // what comes meanwhile is not lost
    await replaced;
    transcript.add(THREE);
    const messageHash = Uint8Array.from([
      ...[254, 0, 0, length],
      ...createHash(algorithm).update(ONE).digest(),
    ]);
    assertEquals(transcript.length, 4 + length + TWO.length + THREE.length);
    assertEquals(encodeHex(await transcript.digest()), hash(algorithm, messageHash, TWO, THREE));
  }
});

Deno.test("Transcript.snapshot() goes its own way", async () => {
  const transcript = transcriptOf(ONE);
  await transcript.digest();
  const copy = transcript.snapshot();
  assert(copy !== null);
  assertEquals(await copy.digest(), await transcript.digest());
  copy.add(TWO);
  transcript.add(THREE);
  assertEquals(encodeHex(await copy.digest()), hash("sha256", ONE, TWO));
  assertEquals(encodeHex(await transcript.digest()), hash("sha256", ONE, THREE));
  assertNotEquals(await transcript.digest(), await copy.digest());
  assertEquals(new Transcript().snapshot(), null);
});

Deno.test("Transcript.forget() releases the messages, but not from digests under way", async () => {
  const transcript = transcriptOf(ONE, TWO);
  const digest = transcript.digest();
  transcript.forget();
  assertEquals(transcript.length, 0);
  assertEquals(transcript.messages().buffer.byteLength, 0);
  assertEquals(encodeHex(await digest), hash("sha256", ONE, TWO));
  assertEquals(encodeHex(await transcript.digest()), hash("sha256"));
});

Deno.test("Transcript.keep() keeps MAX_KEPT_TRANSCRIPT bytes and no free space, and of one more none", async () => {
  for (const length of [ONE.length, MAX_KEPT_TRANSCRIPT]) {
    const transcript = transcriptOf(ONE, new Uint8Array(length - ONE.length));
    const digest = await transcript.digest();
    transcript.keep();
    assertEquals([transcript.length, transcript.messages().buffer.byteLength], [length, length]);
    assertEquals(await transcript.snapshot()?.digest(), digest);
  }
  const transcript = transcriptOf(new Uint8Array(MAX_KEPT_TRANSCRIPT), Uint8Array.of(1));
  transcript.keep();
  assertEquals([transcript.length, transcript.messages().buffer.byteLength], [0, 0]);
  assertEquals(transcript.snapshot(), null);
});
