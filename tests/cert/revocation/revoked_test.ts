// Copyright 2026 the NSS for Deno authors. MIT license.

/** What counts as "revoked", and what takes it back. @module */

import { assertEquals } from "@std/assert";
import type { CertificateIssuer } from "../../../cert/create/create_certificate.ts";
import { encodeSignedData } from "../../../cert/create/signed_data.ts";
import { constructedTag } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { writeTime } from "../../../cert/der/time.ts";
import {
  certificateIssuer,
  type CrlReason,
  reasonCode,
} from "../../../cert/extensions/crl_entry.ts";
import { crlNumber, deltaCrlIndicator } from "../../../cert/extensions/crl_number.ts";
import {
  type CertificateExtension,
  makeExtension,
  writeExtensions,
} from "../../../cert/extensions/extension.ts";
import { keyUsage } from "../../../cert/extensions/key_usage.ts";
import type { GeneralName } from "../../../cert/names/general_name.ts";
import { Name } from "../../../cert/names/name.ts";
import { type Crl, parseCrl, parseCrlsPem } from "../../../cert/revocation/crl.ts";
import { checkRevocation, type RevocationOptions } from "../../../cert/revocation/revocation.ts";
import { parseCertificatesPem } from "../../../cert/certificate/certificate.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import type { VerifiedPath } from "../../../cert/verify/verify_cert.ts";
import type { CertProfile } from "../../../cert/verify/check_certificate.ts";
import { opensslTest } from "../../pkcs11/_openssl.ts";
import {
  assertRejectsWith,
  crlOf,
  DAY,
  days,
  ocspFor,
  type Party,
  party,
  pki,
} from "../_revocation_support.ts";
import { NOW } from "../_support.ts";

const { root, intermediate, leaf, responder } = await pki();
const staple = ocspFor(leaf, intermediate);
const path: VerifiedPath = {
  certificates: [leaf.certificate],
  anchor: trustAnchorOf(intermediate.certificate),
};

function check(options: Partial<RevocationOptions>, of: VerifiedPath = path): Promise<void> {
  return checkRevocation({ policy: "soft", time: NOW, ...options })(of);
}

async function assertRevoked(
  options: Partial<RevocationOptions>,
  of: VerifiedPath = path,
): Promise<void> {
  for (const policy of ["soft", "hard"] as const) {
    const run = () => check({ ...options, policy }, of);
    await assertRejectsWith(run, "SEC_ERROR_REVOKED_CERTIFICATE");
  }
}

/** An entry of {@linkcode listOf}. */
interface Entry {
  readonly serial: Uint8Array;
  readonly reason?: CrlReason;
  readonly issuer?: readonly GeneralName[];
}

/** What {@linkcode listOf} makes, of any form. */
interface ListOptions {
  readonly version?: 1 | 2;
  readonly number?: number | null;
  readonly from?: number;
  readonly until?: number | null;
  readonly extensions?: readonly CertificateExtension[];
  readonly issuer?: CertificateIssuer & Pick<Party, "publicKey">;
}

/** Makes a list of yesterday, good for a week, whose form may be wrong. */
async function listOf(entries: readonly Entry[], options: ListOptions = {}): Promise<Crl> {
  const { version = 2, number = 1, from = -1, until = 6, extensions = [] } = options;
  const issuer = options.issuer ?? intermediate;
  const all = [...(number === null ? [] : [makeExtension(crlNumber, BigInt(number))])];
  const der = await encodeSignedData(
    { what: "test", privateKey: issuer.privateKey, publicKey: issuer.publicKey },
    (algorithm) =>
      new DerWriter().sequence((w) => {
        if (version === 2) w.integer(1);
        w.raw(algorithm).raw(issuer.certificate.subject.der);
        writeTime(w, days(from));
        if (until !== null) writeTime(w, days(until));
        if (entries.length > 0) {
          w.sequence((w) => {
            for (const { serial, reason, issuer } of entries) {
              w.sequence((w) => {
                w.integer(serial);
                writeTime(w, days(-2));
                const more = [
                  ...(reason === undefined ? [] : [makeExtension(reasonCode, reason)]),
                  ...(issuer === undefined ? [] : [makeExtension(certificateIssuer, issuer, true)]),
                ];
                if (more.length > 0) writeExtensions(w, more);
              });
            }
          });
        }
        if (version === 2) {
          w.constructed(constructedTag(0), (w) => writeExtensions(w, [...all, ...extensions]));
        }
      }),
  );
  return parseCrl(der);
}

/** A response of the issuer whose signature is wrong. */
async function forgedStaple(single: { status?: "revoked" }): Promise<Uint8Array> {
  const der = (await staple(single)).der.slice();
  der[der.length - 1]! ^= 1;
  return der;
}

const serial = leaf.certificate.serialNumber;
const named: readonly Entry[] = [{ serial, reason: "certificateHold" }];
const delta = (base: number) => makeExtension(deltaCrlIndicator, BigInt(base), true);

Deno.test("a certificate that an overdue list names is revoked, whatever the policy", async () => {
  for (const until of [-0.5, -1]) {
    await assertRevoked({ crls: [await listOf(named, { from: -8, until })] });
  }
  await assertRevoked({ crls: [await listOf(named)], time: days(4_000) });
  await assertRevoked({ crls: [await listOf(named, { from: 1, until: 2 })] }); // of tomorrow
  const backwards = await listOf(named, { from: -1, until: -2 });
  await assertRevoked({ crls: [backwards] });
});

Deno.test("a certificate that a list of version 1, or without a number or an end, names is revoked", async () => {
  const odd: readonly ListOptions[] = [
    { version: 1 },
    { number: null, extensions: [makeExtension(reasonCode, "unspecified")] },
    { until: null },
  ];
  for (const options of odd) {
    const entries = options.version === 1 ? [{ serial }] : named;
    const crls = [await listOf(entries, options)];
    for (const profile of ["strict", "compatible"] as const) {
      await assertRevoked({ crls, profile });
    }
    // Such a list's silence proves nothing under the strict profile
    const silent = [await listOf([], options)];
    await check({ crls: silent, profile: "strict" });
    const code = "SEC_ERROR_CRL_INVALID";
    await assertRejectsWith(() => check({ crls: silent, policy: "hard" }), code);
  }
});

Deno.test("a list names a certificate also if it has an unknown critical extension, or its issuer no cRLSign", async () => {
  const unknown = { oid: "1.2.3.4", critical: true, value: Uint8Array.of(5, 0), offset: 0 };
  const extensions = [makeExtension(crlNumber, 1n), unknown];
  await assertRevoked({ crls: [await listOf(named, { number: null, extensions })] });
  const crl = await listOf(named);
  const silent = await listOf([]);
  const { publicKey, privateKey } = intermediate;
  const issuer = await party({
    publicKey,
    privateKey,
    subject: "CN=Test CA",
    isCa: true,
    issuer: root,
    extensions: [makeExtension(keyUsage, new Set(["keyCertSign"] as const), true)],
  });
  const under = { ...path, anchor: trustAnchorOf(issuer.certificate) };
  await assertRevoked({ crls: [crl] }, under);
  const run = () => check({ crls: [silent], policy: "hard" }, under);
  await assertRejectsWith(run, "SEC_ERROR_INADEQUATE_KEY_USAGE");
});

Deno.test("a list or response that is signed with SHA-1 names a certificate, and proves nothing else", async () => {
  const rsa = await party({ subject: "CN=RSA", isCa: true, keyType: "RSA-2048" });
  const under = await party({ subject: "CN=u", dnsNames: ["a.example"], issuer: rsa });
  const to = { certificates: [under.certificate], anchor: trustAnchorOf(rsa.certificate) };
  const signatureScheme = "rsa_pkcs1_sha1";
  await assertRevoked({ crls: [await crlOf(rsa, [under.certificate], { signatureScheme })] }, to);
  const answer = ocspFor(under, rsa);
  const stapled = (status: "good" | "revoked") => answer({ status }, { signatureScheme });
  await assertRevoked({ stapledOcspResponse: await stapled("revoked") }, to);
  const hard = async () =>
    check({ policy: "hard", stapledOcspResponse: await stapled("good") }, to);
  await assertRejectsWith(hard, "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED");
});

Deno.test("a list or response that the issuer has not signed revokes nothing", async () => {
  const other = await party({ subject: "CN=Test CA", isCa: true });
  for (const until of [6, -0.5]) {
    await check({ crls: [await listOf(named, { issuer: other, until })] });
  }
  await check({ stapledOcspResponse: await forgedStaple({ status: "revoked" }) });
  const stranger = await party({ subject: "CN=r", extKeyUsage: ["ocspSigning"], issuer: root });
  const delegated = await staple({ status: "revoked" }, { responder: stranger });
  await check({ stapledOcspResponse: delegated });
});

Deno.test('a stale OCSP response that says "revoked" is heard, also of a responder that has expired since', async () => {
  const revoked = { status: "revoked" } as const;
  const time = days(30);
  await assertRevoked({ time, stapledOcspResponse: await staple(revoked) });
  await assertRevoked({ time, stapledOcspResponse: await staple(revoked, { responder }) });
  const brief = await party({
    subject: "CN=Brief",
    extKeyUsage: ["ocspSigning"],
    issuer: intermediate,
    notAfter: days(5),
  });
  await assertRevoked({ time, stapledOcspResponse: await staple(revoked, { responder: brief }) });
  const early = { ...revoked, thisUpdate: days(1) };
  await assertRevoked({ stapledOcspResponse: await staple(early, { producedAt: days(1) }) });
  await assertRevoked({
    time,
    fetchOcsp: () => null,
    ocspNonce: () => Uint8Array.of(1),
    stapledOcspResponse: await staple(revoked),
  });
});

Deno.test("a newer list of the same scope takes a revocation back, if it counts itself", async () => {
  const older = await listOf(named, { number: 1, from: -3 });
  const overdue = await listOf(named, { number: 1, from: -9, until: -2 });
  const newer = await listOf([], { number: 2 });
  for (const before of [older, overdue]) {
    for (const policy of ["soft", "hard"] as const) {
      await check({ policy, crls: [before, newer] });
      await check({ policy, crls: [newer, before] });
    }
    await assertRevoked({ crls: [before] });
    // Older, no newer, expired, of version 1, for some reasons, and of another signer
    const other = await party({ subject: "CN=Test CA", isCa: true });
    for (
      const silent of [
        await listOf([], { from: -10, until: 6 }),
        await listOf([], { from: before === older ? -3 : -9 }),
        await listOf([], { from: -1, until: -0.5 }),
        await listOf([], { version: 1 }),
        await crlOf(intermediate, [], {
          issuingDistributionPoint: { onlySomeReasons: new Set([1]) },
        }),
        await crlOf(intermediate, [], { issuingDistributionPoint: { onlyContainsCaCerts: true } }),
        await listOf([], { issuer: other }),
      ]
    ) {
      await assertRevoked({ crls: [before, silent] });
      await assertRevoked({ crls: [silent, before] });
    }
  }
  // The newest of three counts
  const again = await listOf(named, { number: 3, from: -0.5 });
  await assertRevoked({ crls: [older, newer, again] });
});

Deno.test("a newer answer takes the revocation of a list back, and a list that of an answer", async () => {
  const list = await listOf(named, { from: -3 });
  const answer = await staple({ status: "good" });
  await check({ policy: "hard", crls: [list], stapledOcspResponse: answer });
  await assertRevoked({ time: days(30), crls: [list], stapledOcspResponse: answer });
  const revoked = await staple({ status: "revoked", thisUpdate: days(-3), nextUpdate: days(1) });
  const newer = await listOf([]);
  await check({ policy: "hard", crls: [newer], stapledOcspResponse: revoked });
  await assertRevoked({ crls: [await listOf([], { from: -4 })], stapledOcspResponse: revoked });
});

Deno.test("an overdue revocation is looked into where a hook can fetch something newer", async () => {
  const url = "http://crl.example/";
  const extension = {
    oid: OIDS.cRLDistributionPoints,
    critical: false,
    value: new DerWriter().sequence((w) =>
      w.sequence((w) =>
        w.constructed(
          constructedTag(0),
          (w) =>
            w.constructed(constructedTag(0), (w) => {
              w.primitive(0x86, new TextEncoder().encode(url));
            }),
        )
      )
    ).finish(),
    offset: 0,
  };
  const made = await party({
    subject: "CN=held",
    dnsNames: ["held.test"],
    issuer: intermediate,
    extensions: [extension],
  });
  const held = [{ serial: made.certificate.serialNumber }];
  const of = { ...path, certificates: [made.certificate] };
  const overdue = await listOf(held, { from: -9, until: -2 });
  const silent = await listOf([], { number: 2 });
  const asked: string[] = [];
  const fetching = (crl: Crl | null) => (from: string) => {
    asked.push(from);
    return crl?.der ?? null;
  };
  await check({ policy: "hard", crls: [overdue], fetchCrl: fetching(silent) }, of);
  await assertRevoked({ crls: [overdue], fetchCrl: fetching(null) }, of);
  assertEquals(asked, [url, url, url]);
  // A fresh list decides at once
  await assertRevoked({ crls: [await listOf(held)], fetchCrl: fetching(silent) }, of);
  assertEquals(asked.length, 3);
});

Deno.test("a delta CRL revokes, and takes back what was on hold by removeFromCRL alone", async () => {
  const base = await listOf(named, { number: 5, from: -3 });
  const deltaOf = (entries: readonly Entry[], options: ListOptions = {}) =>
    listOf(entries, { number: 6, extensions: [delta(5)], ...options });
  await assertRevoked({ crls: [await deltaOf(named)] });
  await assertRevoked({ crls: [await listOf([]), await deltaOf(named)] });
  await assertRevoked({ crls: [await deltaOf(named, { until: -0.5 })] });
  const removed: readonly Entry[] = [{ serial, reason: "removeFromCRL" }];
  await check({ policy: "hard", crls: [base, await deltaOf(removed)] });
  // It does not name it, which says nothing; is expired; is older; is of another signer
  const other = await party({ subject: "CN=Test CA", isCa: true });
  for (
    const weak of [
      await deltaOf([]),
      await deltaOf(removed, { until: -0.5 }),
      await deltaOf(removed, { from: -4 }),
      await deltaOf(removed, { issuer: other }),
    ]
  ) {
    await assertRevoked({ crls: [base, weak] });
  }
  // Alone, it proves nothing
  const alone = [await deltaOf(removed)];
  await check({ crls: alone });
  await assertRejectsWith(() => check({ policy: "hard", crls: alone }), "SEC_ERROR_CRL_NOT_FOUND");
  const empty = [await deltaOf([])];
  await assertRejectsWith(
    () => check({ policy: "hard", crls: empty }),
    "SEC_ERROR_CRL_NOT_FOUND",
    "it is a delta CRL to number 5",
  );
  // RFC 5280, Section 5.2.4: what is combined of both has the dates of the delta
  const overdue = await listOf(named, { number: 5, from: -9, until: -2 });
  await check({ policy: "hard", crls: [overdue, await deltaOf(removed)] });
});

Deno.test("an entry counts for the issuer that it is about (certificateIssuer), which holds for those after it", async () => {
  const directory = (name: Name): GeneralName[] => [{ type: "directory", value: name }];
  const elsewhere = directory(Name.parse("CN=Elsewhere"));
  const own = directory(intermediate.certificate.subject);
  const other = Uint8Array.of(9);
  const revokes: readonly (readonly Entry[])[] = [
    [{ serial }, { serial: other, issuer: elsewhere }],
    [{ serial: other, issuer: elsewhere }, { serial, issuer: own }],
    [{ serial: other, issuer: own }, { serial }],
    [{ serial: other, issuer: elsewhere }, { serial: other, issuer: own }, { serial }],
    [{ serial, issuer: elsewhere }, { serial, issuer: [...elsewhere, ...own] }],
  ];
  for (const entries of revokes) await assertRevoked({ crls: [await listOf(entries)] });
  const spares: readonly (readonly Entry[])[] = [
    [{ serial, issuer: elsewhere }],
    [{ serial: other, issuer: elsewhere }, { serial }],
    [{ serial: other, issuer: own }, { serial: other, issuer: elsewhere }, { serial }],
    [{ serial, issuer: [{ type: "dns", value: "example.com" }] }],
  ];
  for (const entries of spares) {
    const crl = await listOf(entries);
    await check({ crls: [crl] });
    assertEquals(crl.find(serial), undefined);
  }
  const crl = await listOf(spares[1]!);
  assertEquals(crl.find(serial, Name.parse("CN=Elsewhere"))?.serialNumber, serial);
  assertEquals(crl.find(other), undefined);
});

Deno.test("the profile of a path holds for its lists", async () => {
  const silent = [await listOf([], { version: 1 })];
  const of = (profile: CertProfile) =>
    check({ policy: "hard", crls: silent }, { ...path, profile });
  await of("compatible");
  await assertRejectsWith(() => of("strict"), "SEC_ERROR_CRL_INVALID");
  const chosen = check(
    { policy: "hard", crls: silent, profile: "compatible" },
    { ...path, profile: "strict" },
  );
  await chosen;
});

Deno.test("a stapled response that was asked for and cannot be used refuses, unless lenientStaple", async () => {
  const bad = [
    ["SEC_ERROR_OCSP_MALFORMED_RESPONSE", Uint8Array.of(1, 2, 3)],
    ["SEC_ERROR_OCSP_MALFORMED_RESPONSE", new Uint8Array(0)],
    ["SEC_ERROR_OCSP_BAD_SIGNATURE", await forgedStaple({})],
    ["SEC_ERROR_OCSP_UNKNOWN_CERT", await staple({ certificate: responder.certificate })],
    ["SEC_ERROR_OCSP_UNKNOWN_CERT", await staple({ status: "unknown" })],
    ["SEC_ERROR_OCSP_OLD_RESPONSE", await staple({ thisUpdate: days(-9), nextUpdate: days(-2) })],
    ["SEC_ERROR_OCSP_TRY_SERVER_LATER", Uint8Array.of(0x30, 3, 0x0a, 1, 3)],
  ] as const;
  for (const [name, stapledOcspResponse] of bad) {
    for (const policy of ["soft", "hard"] as const) {
      const options = { policy, stapledOcspResponse, crls: [await listOf([])] };
      const error = await assertRejectsWith(() => check({ ...options, mustStaple: true }), name);
      assertEquals(
        error.message.includes("the server has to fetch a new one"),
        true,
        error.message,
      );
      await check({ ...options, mustStaple: true, lenientStaple: true });
      await check(options);
    }
    await check({ policy: "off", stapledOcspResponse, mustStaple: true });
  }
  for (const lenientStaple of [true, false]) {
    await check({ mustStaple: true, lenientStaple, stapledOcspResponse: await staple() });
    await check({ mustStaple: true, lenientStaple, stapledOcspResponse: null });
    const revoked = await staple({ status: "revoked" });
    await assertRevoked({ mustStaple: true, lenientStaple, stapledOcspResponse: revoked });
  }
});

// What OpenSSL makes and says

opensslTest(
  "a certificate in openssl's lists is revoked here as it is there, of version 1 and 2, overdue too",
  async (folder) => {
    await folder.genpkey("ca.key", "EC", "ec_paramgen_curve:P-256");
    const req = [
      "req",
      "-x509",
      "-key",
      "ca.key",
      "-subj",
      "/CN=ca",
      "-days",
      "300",
      "-out",
      "ca.pem",
    ];
    await folder.run(...req);
    await folder.write("index.txt", "");
    await folder.write("crlnumber", "01\n");
    const config = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n" +
      "default_md=sha256\npolicy=p\nprivate_key=ca.key\ncertificate=ca.pem\n[p]\ncommonName=supplied\n" +
      "[aki]\nauthorityKeyIdentifier=keyid\n";
    await folder.write("v1.cnf", config);
    await folder.write(
      "v2.cnf",
      config.replace("[p]", "crlnumber=crlnumber\ncrl_extensions=aki\n[p]"),
    );
    await folder.write("unnumbered.cnf", config.replace("[p]", "crl_extensions=aki\n[p]"));
    for (const name of ["good", "bad"]) {
      await folder.genpkey(`${name}.key`, "EC", "ec_paramgen_curve:P-256");
      await folder.run(
        "req",
        "-new",
        "-key",
        `${name}.key`,
        "-subj",
        `/CN=${name}`,
        "-out",
        `${name}.csr`,
      );
      await folder.run(
        ...["ca", "-batch", "-config", "v1.cnf", "-create_serial", "-days", "200", "-notext"],
        ...["-in", `${name}.csr`, "-out", `${name}.pem`],
      );
    }
    await folder.run(
      "ca",
      "-config",
      "v1.cnf",
      "-revoke",
      "bad.pem",
      "-crl_reason",
      "keyCompromise",
    );
    const [ca] = parseCertificatesPem(await folder.read("ca.pem"));
    for (const [form, version] of [["v1", 1], ["unnumbered", 2], ["v2", 2]] as const) {
      await folder.run(
        "ca",
        "-gencrl",
        "-config",
        `${form}.cnf`,
        "-crldays",
        "7",
        "-out",
        "crl.pem",
      );
      const crls = parseCrlsPem(await folder.read("crl.pem"));
      // Entries have a reason, which makes the list one of version 2, unless it is told otherwise
      assertEquals(crls[0]!.version >= version, true);
      for (const later of [0, 30]) {
        const time = new Date(Date.now() + later * DAY);
        const attime = String(Math.floor(time.getTime() / 1000));
        for (const name of ["good", "bad"] as const) {
          const theirs = await folder.run(
            ...["verify", "-attime", attime, "-crl_check", "-CRLfile", "crl.pem"],
            ...["-CAfile", "ca.pem", `${name}.pem`],
          ).then(() => "ok", (error: Error) => error.message);
          const [certificate] = parseCertificatesPem(await folder.read(`${name}.pem`));
          const of = { certificates: [certificate!], anchor: trustAnchorOf(ca!) };
          for (const profile of ["strict", "compatible"] as const) {
            const ours = (policy: "soft" | "hard") =>
              check({ policy, crls, time, profile }, of).then(() => "ok", (error) => error.name);
            const isRevoked = name === "bad";
            assertEquals(theirs.includes("certificate revoked"), isRevoked, theirs);
            assertEquals(await ours("soft"), isRevoked ? "SEC_ERROR_REVOKED_CERTIFICATE" : "ok");
            if (profile === "compatible") {
              assertEquals(await ours("hard") === "ok", theirs === "ok");
            }
          }
        }
      }
    }
  },
);
