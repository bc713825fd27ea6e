// Copyright 2026 the NSS for Deno authors. MIT license.

import { makeExtension } from "@nss/nss/cert";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { crlDistributionPoints } from "../../../cert/extensions/crl_distribution_points.ts";
import { nameConstraints } from "../../../cert/extensions/name_constraints.ts";
import { issue, type IssueOptions, type TestCertificate } from "../../cert/_support.ts";
import {
  assertFails,
  clientOptions,
  connected,
  HOSTNAME,
  ping,
  serverOptions,
} from "../_support.ts";

const PERIOD = { notBefore: "2020-01-01T00:00:00Z", notAfter: "2049-12-31T23:59:59Z" } as const;
const NULL_ECDSA = new DerWriter().sequence((w) => w.oid(OIDS.ecdsaWithSHA256).null()).finish();
const CDP = makeExtension(crlDistributionPoints, [{
  fullName: [{ type: "uri", value: "http://crl.example/root.crl" }],
}], true);
const constrained = (value: string) =>
  makeExtension(nameConstraints, { permitted: [{ type: "dns", value }], excluded: [] }, true);

/** A chain in which much is lenient at once: the leaf first, the root last. */
async function chain(count: number, subtree: string): Promise<TestCertificate[]> {
  const make = (options: IssueOptions) => issue({ ...PERIOD, algorithm: NULL_ECDSA, ...options });
  const all = [await make({ ca: true, subject: "CN=Lenient Root", extensions: [CDP] })];
  for (let i = 0; i < count; i++) {
    const extensions = i === 0 ? [constrained(subtree)] : [];
    all.unshift(
      await make({ ca: true, subject: `CN=Lenient ${i}`, issuer: all[0]!, extensions }),
    );
  }
  all.unshift(await make({ dns: HOSTNAME, subject: `CN=${HOSTNAME}`, issuer: all[0]! }));
  return all;
}

function optionsOf([leaf, ...issuers]: readonly TestCertificate[]) {
  const certificates = issuers.map(({ certificate }) => certificate);
  return {
    client: clientOptions({ caCerts: [certificates.at(-1)!] }),
    server: serverOptions({
      certificates: [{
        cert: leaf!.certificate,
        key: leaf!.privateKey,
        chain: certificates.slice(0, -1),
      }],
    }),
  };
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`importFD() with caCerts trusts what private authorities write, ${version}`, async () => {
    const { client, server } = optionsOf(await chain(10, ".test"));
    const versions = { min: version, max: version };
    await using ends = await connected({
      client: { ...client, versions },
      server: { ...server, versions },
    });
    await ping(ends);
  });
}

Deno.test("importFD() with caCerts tells the peer what it does not trust", async () => {
  await assertFails(optionsOf(await chain(1, "..test")), {
    at: "client",
    error: "SEC_ERROR_EXTENSION_VALUE_INVALID",
    alert: "bad_certificate",
  });
  await assertFails(optionsOf(await chain(1, `.${HOSTNAME}`)), {
    at: "client",
    error: "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
    alert: "bad_certificate",
  });
  await assertFails(optionsOf(await chain(11, ".test")), {
    at: "client",
    error: "SEC_ERROR_UNKNOWN_ISSUER",
    alert: "unknown_ca",
  });
});
