// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { createOcspResponse, makeExtension, tlsFeature } from "@nss/nss/cert";
import type { ImportOptions } from "@nss/nss/ssl";
import { HOSTNAME, type Identity, join, makeIdentity, PKI, shake } from "./_support.ts";

/** The authority's word on a certificate. */
async function response(status: "good" | "revoked", { cert }: Identity): Promise<Uint8Array> {
  const { der } = await createOcspResponse({
    issuer: PKI.root.cert,
    responder: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
    producedAt: new Date(),
    responses: [{
      certificate: cert,
      status,
    }],
  });
  return der;
}

async function outcome(server: Identity, ocsp: Uint8Array | null, client: ImportOptions) {
  const credential = { ...server.credential, ...(ocsp !== null && { ocsp }) };
  await using joined = join({
    client,
    server: { certificates: [credential], versions: { min: "TLSv1.2" } },
  });
  try {
    await shake(joined);
    return "trusted";
  } catch {
    return await joined.client.handshake().catch((error) => error.name);
  }
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const versions = { min: "TLSv1.2", max: version } as const;
  const both = (options: ImportOptions): ImportOptions => ({ ...options, versions });

  Deno.test(`importFD() hands the stapled response to the hook that asked for it (${version})`, async () => {
    const ocsp = await response("good", PKI.server);
    for (const ocspStapling of [true, false]) {
      let seen: Uint8Array | null | undefined;
      const credential = { ...PKI.server.credential, ocsp };
      await using joined = join({
        client: both({
          ocspStapling,
          authCertificate: (_socket, peer) => {
            seen = peer.stapledOcspResponse;
            assertEquals(peer.askedForOcspResponse, ocspStapling);
          },
        }),
        server: both({ certificates: [credential] }),
      });
      await shake(joined);
      assertEquals(seen, ocspStapling ? new Uint8Array(ocsp) : null);
    }
  });

  Deno.test(`importFD() refuses a certificate whose stapled response says that it is revoked (${version})`, async () => {
    const options = both({ ocspStapling: true });
    assertEquals(await outcome(PKI.server, await response("good", PKI.server), options), "trusted");
    const revoked = await response("revoked", PKI.server);
    assertEquals(await outcome(PKI.server, revoked, options), "SEC_ERROR_REVOKED_CERTIFICATE");
  });
}

Deno.test("importFD() refuses a must-staple certificate without a response, where it asked for one", async () => {
  const mustStaple = await makeIdentity({
    dnsNames: [HOSTNAME],
    // TLS feature status_request (RFC 7633)
    extensions: [makeExtension(tlsFeature, [5])],
  }, PKI.root);
  assertEquals(await outcome(mustStaple, null, {}), "trusted");
  assertEquals(
    await outcome(mustStaple, null, { ocspStapling: true }),
    "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS",
  );
  const ocsp = await response("good", mustStaple);
  assertEquals(await outcome(mustStaple, ocsp, { ocspStapling: true }), "trusted");
});
