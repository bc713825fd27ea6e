// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { getClientAuthDataHook, setTrustAnchors } from "@nss/nss/ssl";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { Name } from "../../../cert/names/name.ts";
import { MAX_AUTHORITIES_LENGTH } from "../../../ssl/authentication/authority_names.ts";
import { join, makeIdentity, PKI, shake } from "../_support.ts";

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`setTrustAnchors() names authorities, and changes no trust (${version})`, async () => {
    const names = async (authorities: Parameters<typeof setTrustAnchors>[1]) => {
      const versions = { min: version, max: version };
      await using joined = join({
        client: { versions },
        server: { versions, clientAuth: "require" },
      });
      const named: string[] = [];
      getClientAuthDataHook(joined.client, (_socket, { caNames }) => {
        named.push(...caNames.map(String));
        return PKI.client.credential;
      });
      setTrustAnchors(joined.server, authorities);
      const [, info] = await shake(joined);
      assertEquals(info.peerCertificates, [PKI.client.cert]); // of an authority in caCerts
      return named;
    };
    assertEquals(await names([PKI.otherRoot.cert]), ["CN=Other Root"]);
    assertEquals(
      await names([PKI.otherRoot.cert.toPem() + PKI.root.cert.toPem()]),
      ["CN=Other Root", "CN=Test Root"],
    );
    assertEquals(await names([]), []);
    assertEquals(await names(null), ["CN=Test Root"]);
  });
}

/** A certificate whose name is so many bytes of DER. */
async function authorityNamed(length: number): Promise<Certificate> {
  const subject = (size: number) => Name.parse(`O=${"x".repeat(size)}`);
  const frame = subject(length - 50).der.length - (length - 50);
  const { cert } = await makeIdentity({ subject: subject(length - frame), isCa: true });
  assertEquals(cert.subject.der.length, length);
  return cert;
}

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`setTrustAnchors() names MAX_AUTHORITIES_LENGTH bytes of authorities, and of more none (${version})`, async () => {
    const half = MAX_AUTHORITIES_LENGTH / 2 - 2; // each name has a length of two bytes before it
    for (const [length, told] of [[half, 2], [half + 1, 0]] as const) {
      const versions = { min: version, max: version };
      let named: number | undefined;
      const authorities = [await authorityNamed(half), await authorityNamed(length)];
      await using joined = join({
        client: {
          versions,
          getClientAuthData: (_socket, { caNames }) => {
            named = caNames.length;
            return null;
          },
        },
        server: { versions, clientAuth: "request" },
      });
      setTrustAnchors(joined.server, authorities);
      await shake(joined);
      assertEquals(named, told);
    }
  });
}
