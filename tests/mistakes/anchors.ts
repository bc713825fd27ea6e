// Copyright 2026 the NSS for Deno authors. MIT license.

import { trustAnchorOf, verifyCertificateChain } from "@nss/nss/cert";
import { findCertFromNickname, initContext } from "@nss/nss/pkcs11";
import { issue, makeKeys, NOW, type TestCertificate } from "../cert/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Trust anchors and PKCS#11 URIs";

const root = await issue({ ca: true });
const own = await issue({ keys: await makeKeys() });

function verify(
  end: TestCertificate,
  anchor: TestCertificate,
  options: Readonly<Record<string, unknown>> = {},
): Promise<unknown> {
  return verifyCertificateChain(end.certificate, {
    anchors: [trustAnchorOf(anchor.certificate)],
    time: NOW,
    usage: "sslServer",
    ...options,
  });
}

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: 'the option `anchorChecks: "dates"`, which there is not',
    make: () => verify(own, own, { anchorChecks: "dates" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      'Cannot verify certificate chain: anchorChecks is "dates", not one of all, constraints, none',
  },
  {
    mistake: "an anchor whose certificate has expired",
    make: async () => {
      const expired = await issue({ ca: true, notAfter: "2026-02-01T00:00:00Z" });
      return await verify(await issue({ issuer: expired }), expired);
    },
    name: "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
    says: 'Cannot verify certificate "CN=Test Root": it expired at 2026-02-01T00:00:00.000Z; ' +
      'of a trust anchor, verifyCert() accepts that with anchorChecks: "constraints"',
  },
  {
    mistake: "an anchor that is a name and a key, too short a one",
    make: async () => {
      const anchor = await issue({ ca: true, keys: await makeKeys("RSA-2048") });
      const leaf = await issue({ issuer: anchor });
      return await verify(leaf, anchor, { anchorChecks: "none", minRsaBits: 3072 });
    },
    name: "SEC_ERROR_INVALID_KEY",
    says:
      'Cannot verify certificate "CN=example.com": the trust anchor "CN=Test Root"\'s RSA key has 2048 bits, fewer than 3072',
  },
  {
    mistake: "a server's own certificate as the anchor of another that it issued",
    make: async () => await verify(await issue({ issuer: own, subject: "CN=below" }), own),
    name: "SEC_ERROR_CA_CERT_INVALID",
    says:
      `Cannot verify certificate "CN=example.com": its basicConstraints say that it is no authority's`,
  },
  {
    mistake: "a self-signed certificate as anchor, and another one of its key from the server",
    make: async () => {
      const again = await issue({ keys: root, serial: Uint8Array.of(9), subject: "CN=other" });
      return await verify(again, own);
    },
    name: "SEC_ERROR_UNKNOWN_ISSUER",
    says:
      'Cannot verify certificate "CN=other": it is self-signed and no trust anchor; to trust it, put it into caCerts',
  },
  {
    mistake: "a PKCS#11 URI of `type=unknown`, as a tool prints it, for a certificate",
    make: async () => {
      await using context = await initContext(null);
      await findCertFromNickname("pkcs11:object=server;type=unknown", { context });
    },
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      "Cannot find certificate by its PKCS#11 URI: the URI is of type unknown; write type=cert, or no type",
  },
];
