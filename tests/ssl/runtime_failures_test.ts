// Copyright 2026 the NSS for Deno authors. MIT license.

// An error of the runtime is never a verdict on the signature of a peer's handshake.

import { assertStringIncludes } from "@std/assert";
import { forgetCertificates } from "../../cert/certificate/known_certificates.ts";
import { replacing, withFailing } from "../support/failing_webcrypto.ts";
import {
  assertFails,
  assertFromPeer,
  assertLocal,
  connected,
  failureOf,
  makeIdentity,
  pingPong,
  PKI,
  session,
} from "./_support.ts";

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  const versions = { min: version, max: version };
  const message = version === "TLSv1.3" ? "CertificateVerify" : "ServerKeyExchange";

  Deno.test(`A client whose runtime fails at the signature of ${message} says internal_error`, async () => {
    const options = { client: { versions }, server: { versions } };
    await session(options); // verifies the chain, which is cached
    await withFailing("verify", async () => {
      const error = await assertFails(options, {
        at: "client",
        error: "SEC_ERROR_LIBRARY_FAILURE",
        alert: "internal_error",
      });
      assertStringIncludes(error.message, "says nothing about the signature");
    });
    await session(options);
  });

  Deno.test(`A client whose runtime fails at a certificate's signature says internal_error in ${version}`, async () => {
    const options = { client: { versions }, server: { versions } };
    forgetCertificates();
    await withFailing("verify", async () => {
      const error = await assertFails(options, {
        at: "client",
        error: "SEC_ERROR_LIBRARY_FAILURE",
        alert: "internal_error",
      });
      assertStringIncludes(error.message, "its signature cannot be checked with the key of");
    });
  });

  Deno.test(`A reader whose runtime fails at a record says internal_error, and no bad MAC, in ${version}`, async () => {
    const options = { client: { versions }, server: { versions } };
    await using joined = await connected(options);
    await pingPong(joined);
    const { subtle } = crypto;
    const decrypt = subtle.decrypt;
    let failures = 0;
    const failOnce = (...args: Parameters<typeof decrypt>) =>
      failures++ === 0
        ? Promise.reject(new RangeError("Out of memory"))
        : Reflect.apply(decrypt, subtle, args);
    await replacing(subtle, "decrypt", failOnce, async () => {
      await joined.server.write(Uint8Array.of(1));
      const error = await failureOf(joined.client.read(new Uint8Array(1)));
      assertLocal(error, "SEC_ERROR_LIBRARY_FAILURE", "internal_error");
    });
    const told = await failureOf(joined.server.read(new Uint8Array(1)));
    assertFromPeer(told, "internal_error");
  });

  Deno.test(`A server whose runtime fails at a client's CertificateVerify says internal_error in ${version}`, async () => {
    const client = await makeIdentity({ subject: "CN=client" }, PKI.root, "ed25519");
    const options = {
      client: { versions, certificates: [client.credential] },
      server: { versions, clientAuth: "require" as const },
    };
    await session(options);
    const { subtle } = crypto;
    const verify = subtle.verify;
    // The server's signature is ECDSA's
    Object.defineProperty(subtle, "verify", {
      configurable: true,
      value: (...args: Parameters<typeof verify>) =>
        args[1].algorithm.name === "Ed25519"
          ? Promise.reject(new DOMException("The operation failed", "OperationError"))
          : Reflect.apply(verify, subtle, args),
    });
    try {
      const error = await assertFails(options, {
        at: "server",
        error: "SEC_ERROR_LIBRARY_FAILURE",
        alert: "internal_error",
      });
      assertStringIncludes(error.message, "failed with the ed25519 key");
    } finally {
      Reflect.deleteProperty(subtle, "verify");
    }
  });
}
