// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { createOcspResponse, makeExtension, tlsFeature } from "@nss/nss/cert";
import {
  authCertificate,
  type ImportOptions,
  type PeerAuthentication,
  type SslSocket,
} from "@nss/nss/ssl";
import { HOSTNAME, type Identity, join, makeIdentity, PKI, shake } from "./_support.ts";

/** The authority's word on a certificate. */
async function response(
  status: "good" | "revoked" | "unknown",
  { cert }: Identity,
  producedAt = new Date(),
): Promise<Uint8Array> {
  const { der } = await createOcspResponse({
    issuer: PKI.root.cert,
    responder: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
    producedAt,
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
            return true;
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

Deno.test("importFD() ends the handshake with bad_certificate_status_response where the staple it asked for cannot be used", async () => {
  const good = await response("good", PKI.server);
  const forged = good.slice();
  forged[forged.length - 1]! ^= 1;
  const staples = {
    garbage: Uint8Array.of(1, 2, 3),
    "badly signed": forged,
    "about another certificate": await response("good", PKI.otherServer),
    unknown: await response("unknown", PKI.server),
    expired: await response("good", PKI.server, new Date(Date.now() - 8 * 86_400_000)),
  };
  const verdict = async (ocsp: Uint8Array, version: "TLSv1.2" | "TLSv1.3", more: ImportOptions) => {
    const versions = { min: "TLSv1.2", max: version } as const;
    await using joined = join({
      client: { ocspStapling: true, versions, ...more },
      server: { certificates: [{ ...PKI.server.credential, ocsp }], versions },
    });
    const [client] = await Promise.allSettled([
      joined.client.handshake(),
      joined.server.handshake(),
    ]);
    return client.status === "fulfilled" ? "trusted" : client.reason.alert;
  };
  const lenient = {
    authCertificate: (socket: SslSocket, peer: PeerAuthentication) =>
      authCertificate(socket, peer, { revocation: { policy: "soft", lenientStaple: true } }),
  };
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    assertEquals(await verdict(good, version, {}), "trusted");
    for (const [what, ocsp] of Object.entries(staples)) {
      const alert = "bad_certificate_status_response";
      assertEquals(await verdict(ocsp, version, {}), alert, what);
      assertEquals(await verdict(ocsp, version, { ocspStapling: false }), "trusted", what);
      assertEquals(await verdict(ocsp, version, lenient), "trusted", what);
      // A hook that replaces the verification decides itself
      const own = { authCertificate: () => true };
      assertEquals(await verdict(ocsp, version, own), "trusted", what);
    }
  }
});
