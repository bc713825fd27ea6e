// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertGreaterOrEqual, assertLessOrEqual, assertRejects } from "@std/assert";
import { type Certificate, parseCertificate } from "../../../cert/certificate/certificate.ts";
import { forgetCertificates, knownCost } from "../../../cert/certificate/known_certificates.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { issue, makeKeys, NOW } from "../_support.ts";

/** Counts the calls of WebCrypto, and those of its verifications that are under way at once. */
async function countCalls(run: () => Promise<unknown>): Promise<Record<string, number>> {
  const { subtle } = crypto;
  const calls = { digest: 0, importKey: 0, verify: 0, atOnce: 0 };
  let running = 0;
  for (const name of ["digest", "importKey", "verify"] as const) {
    const original = subtle[name];
    const counted = async (...args: unknown[]) => {
      calls[name]++;
      if (name === "verify") calls.atOnce = Math.max(calls.atOnce, ++running);
      try {
        return await Reflect.apply(original, subtle, args);
      } finally {
        if (name === "verify") running--;
      }
    };
    Object.defineProperty(subtle, name, { value: counted, configurable: true });
  }
  try {
    await run();
  } finally {
    for (const name of ["digest", "importKey", "verify"]) Reflect.deleteProperty(subtle, name);
  }
  return calls;
}

/** A chain of so many authorities below the root and a leaf, the leaf first. */
async function chainOf(authorities: number, wrong: readonly number[] = []) {
  const root = await issue({ ca: true });
  const chain: Certificate[] = [];
  let issuer = root;
  for (let depth = authorities; depth >= 0; depth--) {
    const signer = wrong.includes(depth) ? (await makeKeys()).privateKey : issuer.privateKey;
    const one = await issue({
      ca: depth > 0,
      subject: depth > 0 ? `CN=Authority ${depth}` : "CN=Leaf",
      issuer,
      signer,
    });
    chain.unshift(one.certificate);
    issuer = one;
  }
  const anchor = root.certificate;
  return () =>
    verifyCertificateChain(parseCertificate(chain[0]!.der), {
      intermediates: chain.slice(1).map(({ der }) => parseCertificate(der)),
      anchors: [trustAnchorOf(parseCertificate(anchor.der))],
      time: NOW,
      usage: "sslServer",
    });
}

Deno.test("verifyCertificateChain() asks WebCrypto for two calls a signature, and for none if it has seen the chain", async () => {
  for (const authorities of [0, 1, 3]) {
    forgetCertificates();
    const verify = await chainOf(authorities);
    const links = authorities + 1;
    // Two signatures are under way at once: no more, because the keys are a stranger's
    const atOnce = Math.min(2, links);
    const cold = await countCalls(verify);
    assertEquals(cold, { digest: 0, importKey: links, verify: links, atOnce });
    assertEquals(await countCalls(verify), { digest: 0, importKey: 0, verify: 0, atOnce: 0 });
  }
});

/** Counts the promises that are made, those of WebCrypto's own code as well. */
async function countPromises(run: () => Promise<unknown>): Promise<number> {
  const internal = Object(Reflect.get(Deno, Reflect.get(Deno, "internal")));
  const setHooks: unknown = Reflect.get(Object(internal.core), "setPromiseHooks");
  if (typeof setHooks !== "function") throw new Error("This Deno does not count promises");
  let count = 0;
  setHooks(() => count++, undefined, undefined, undefined);
  try {
    await run();
    return count;
  } finally {
    setHooks(undefined, undefined, undefined, undefined);
  }
}

Deno.test("verifyCertificateChain() makes at most 60 promises for a chain of three, and 15 if it has seen it", async () => {
  const verify = await chainOf(1);
  await verify(); // what is loaded once
  forgetCertificates();
  // 20 of them are of the four calls of WebCrypto
  assertLessOrEqual(await countPromises(verify), 60);
  assertLessOrEqual(await countPromises(verify), 15);
});

Deno.test("verifyCertificateChain() verifies at most one signature beyond a wrong one", async () => {
  // Of the authority below the root first: the error is that of the wrong one nearest to it
  for (const wrong of [[3], [2], [1], [0], [3, 2], [2, 0]] as const) {
    forgetCertificates();
    const verify = await chainOf(3, wrong);
    const calls = await countCalls(() => assertRejects(verify, NssError, `"${name(wrong[0])}"`));
    const needed = 4 - wrong[0];
    assertGreaterOrEqual(calls.verify, needed);
    assertLessOrEqual(calls.verify, Math.min(needed + 1, 4));
  }
});

Deno.test("verifyCertificateChain() remembers no signature of a key that is not authenticated", async () => {
  // The top one is wrong; the next, which was under way, is right
  forgetCertificates();
  const verify = await chainOf(3, [3]);
  await assertRejects(verify, NssError);
  assertEquals(knownCost(), 0);
});

const name = (depth: number): string => depth > 0 ? `CN=Authority ${depth}` : "CN=Leaf";
