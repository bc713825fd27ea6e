// Copyright 2026 the NSS for Deno authors. MIT license.

// An error of the runtime is never a verdict on the signature of a peer's handshake.

import { assertStringIncludes } from "@std/assert";
import { forgetVerifiedSignatures } from "../../cert/verify/verified_signatures.ts";
import { withFailing } from "../support/failing_webcrypto.ts";
import { assertFails, makeIdentity, PKI, session } from "./_support.ts";

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
    forgetVerifiedSignatures();
    await withFailing("verify", async () => {
      const error = await assertFails(options, {
        at: "client",
        error: "SEC_ERROR_LIBRARY_FAILURE",
        alert: "internal_error",
      });
      assertStringIncludes(error.message, "its signature cannot be checked with the key of");
    });
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
