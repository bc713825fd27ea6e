// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { createCrl } from "../../../cert/create/create_crl.ts";
import { MAX_CRL_SIZE } from "../../../cert/revocation/crl.ts";
import type { OcspStatusOptions } from "../../../cert/create/create_ocsp_response.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { crlDistributionPoints } from "../../../cert/extensions/crl_distribution_points.ts";
import { type CertificateExtension, makeExtension } from "../../../cert/extensions/extension.ts";
import { authorityInfoAccess } from "../../../cert/extensions/info_access.ts";
import { tlsFeature } from "../../../cert/extensions/tls_feature.ts";
import type { GeneralName } from "../../../cert/names/general_name.ts";
import { parseOcspRequest } from "../../../cert/revocation/ocsp_request.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import {
  checkRevocation,
  MAX_REVOCATION_FETCHES,
  MAX_REVOCATION_URL_LENGTH,
  MAX_REVOCATION_URLS,
  type RevocationOptions,
  type RevocationReport,
} from "../../../cert/revocation/revocation.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { type VerifiedPath, verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import {
  assertRejectsWith,
  crlOf,
  days,
  ocspFor,
  type Party,
  party,
  pki,
} from "../_revocation_support.ts";
import { NOW } from "../_support.ts";

const { root, intermediate, leaf, responder } = await pki();
const path: VerifiedPath = {
  certificates: [leaf.certificate, intermediate.certificate],
  anchor: trustAnchorOf(root.certificate),
};
const cleanLeafList = await crlOf(intermediate);
const leafList = await crlOf(intermediate, [leaf.certificate]);
const cleanRootList = await crlOf(root);

const staple = ocspFor(leaf, intermediate);

function check(options: Partial<RevocationOptions>, of: VerifiedPath = path): Promise<void> {
  return checkRevocation({ policy: "hard", time: NOW, ...options })(of);
}

const leafOnly = { wholePath: false } as const;

Deno.test("checkRevocation() refuses a revoked certificate, and says who revoked it, when and why", async () => {
  for (const policy of ["soft", "hard"] as const) {
    const error = await assertRejectsWith(
      () => check({ policy, crls: [cleanRootList, leafList] }),
      "SEC_ERROR_REVOKED_CERTIFICATE",
    );
    assertEquals(
      error.message,
      'Cannot verify certificate "CN=example.com": it was revoked at 2026-05-30T12:00:00.000Z ' +
        '(keyCompromise), says CRL 1 of "CN=Test CA" of 2026-05-31T12:00:00.000Z',
    );
    const response = await staple({ status: "revoked" });
    for (const stapledOcspResponse of [response, response.der]) {
      await assertRejectsWith(
        () => check({ policy, stapledOcspResponse }),
        "SEC_ERROR_REVOKED_CERTIFICATE",
        "says the stapled OCSP response of 2026-05-31T12:00:00.000Z",
      );
    }
  }
  await check({ policy: "off", crls: [leafList] });
});

Deno.test("checkRevocation() refuses a revoked authority, unless only the leaf counts", async () => {
  const crls = [cleanLeafList, await crlOf(root, [intermediate.certificate])];
  await assertRejectsWith(
    () => check({ policy: "soft", crls }),
    "SEC_ERROR_REVOKED_CERTIFICATE",
    '"CN=Test CA"',
  );
  await check({ crls, ...leafOnly });
});

Deno.test("checkRevocation() refuses a revoked authority although the leaf's status is unknown, or its staple is missing", async () => {
  const crls = [await crlOf(root, [intermediate.certificate])];
  for (
    const options of [{ crls }, { crls, mustStaple: true, stapledOcspResponse: new Uint8Array(3) }]
  ) {
    for (const policy of ["soft", "hard"] as const) {
      await assertRejectsWith(
        () => check({ ...options, policy }),
        "SEC_ERROR_REVOKED_CERTIFICATE",
      );
    }
  }
});

Deno.test("checkRevocation() takes a path whose certificates are all known to be good", async () => {
  await check({ crls: [cleanLeafList, cleanRootList] });
  await check({ crls: [cleanRootList], stapledOcspResponse: await staple() });
  await assertRejectsWith(
    async () => check({ stapledOcspResponse: await staple() }),
    "SEC_ERROR_CRL_NOT_FOUND",
    '"CN=Test CA"',
  );
});

Deno.test("checkRevocation() lets anything at hand that says revoked win over what says good", async () => {
  const stapledOcspResponse = await staple();
  const revoked = await staple({ status: "revoked" });
  await assertRejectsWith(
    () => check({ stapledOcspResponse, crls: [cleanLeafList, leafList] }),
    "SEC_ERROR_REVOKED_CERTIFICATE",
  );
  await assertRejectsWith(
    () => check({ stapledOcspResponse: revoked, crls: [cleanLeafList, cleanRootList] }),
    "SEC_ERROR_REVOKED_CERTIFICATE",
  );
});

Deno.test("checkRevocation() says nothing where it knows nothing, under soft; and all it tried, under hard", async () => {
  await check({ policy: "soft" });
  const none = await assertRejectsWith(() => check({}), "SEC_ERROR_CRL_NOT_FOUND");
  assertEquals(
    none.message,
    'Cannot verify certificate "CN=example.com": whether it is revoked is not known: ' +
      "no OCSP response is stapled; no CRL of its issuer is at hand; no OCSP responder is asked; " +
      "no CRL is fetched",
  );
  const late = days(30);
  const stale = { time: late, stapledOcspResponse: await staple(), crls: [cleanLeafList] };
  await check({ ...stale, policy: "soft" });
  const error = await assertRejectsWith(() => check(stale), "SEC_ERROR_OCSP_OLD_RESPONSE");
  assert(error.message.includes("the next one was due at"), error.message);
  assert(error.cause instanceof NssError);
  await assertRejectsWith(
    () => check({ ...leafOnly, time: late, crls: [cleanLeafList] }),
    "SEC_ERROR_CRL_EXPIRED",
  );
});

Deno.test("checkRevocation() takes unknown for no answer", async () => {
  const stapledOcspResponse = await staple({ status: "unknown" });
  await check({ policy: "soft", stapledOcspResponse });
  await assertRejectsWith(
    () => check({ stapledOcspResponse }),
    "SEC_ERROR_OCSP_UNKNOWN_CERT",
    "the responder does not know it",
  );
});

Deno.test("checkRevocation() believes no list of another issuer of the same name", async () => {
  const other = await party({ subject: "CN=Test CA", isCa: true });
  const crls = [await crlOf(other, [leaf.certificate])];
  await check({ policy: "soft", crls });
  await assertRejectsWith(() => check({ crls, ...leafOnly }), "SEC_ERROR_CRL_BAD_SIGNATURE");
  await check({ crls: [...crls, cleanLeafList], ...leafOnly });
});

Deno.test("checkRevocation() takes removeFromCRL for not revoked (RFC 5280, Section 6.3.3 (k))", async () => {
  const { serialNumber } = leaf.certificate;
  const crl = await createCrl({
    issuer: intermediate,
    crlNumber: 2,
    thisUpdate: days(-1),
    revoked: [{ serialNumber, revocationDate: days(-2), reason: "removeFromCRL" }],
  });
  await check({ crls: [crl], ...leafOnly });
});

Deno.test("checkRevocation() wants lists that cover all reasons together", async () => {
  const partial = (reasons: number[]) =>
    crlOf(intermediate, [], { issuingDistributionPoint: { onlySomeReasons: new Set(reasons) } });
  const [some, others] = [await partial([1, 2]), await partial([3, 4, 5, 6, 7, 8])];
  await check({ crls: [some, others], ...leafOnly });
  await assertRejectsWith(
    () => check({ crls: [some], ...leafOnly }),
    "SEC_ERROR_CRL_NOT_FOUND",
    "for some reasons",
  );
  const authorities = await crlOf(intermediate, [], {
    issuingDistributionPoint: { onlyContainsCaCerts: true },
  });
  await assertRejectsWith(
    () => check({ crls: [authorities], ...leafOnly }),
    "SEC_ERROR_CRL_NOT_FOUND",
    "is not about this certificate: it is about authorities only",
  );
});

Deno.test("checkRevocation() refuses a delegated responder that a list at hand names", async () => {
  const stapledOcspResponse = await staple({}, { responder });
  await check({ stapledOcspResponse, ...leafOnly });
  const revoked = await crlOf(intermediate, [responder.certificate]);
  // That list says as well that the leaf is good
  await check({ stapledOcspResponse, crls: [revoked], ...leafOnly });
  const point = { onlyContainsUserCerts: true, onlySomeReasons: new Set([1]) };
  const crls = [
    await crlOf(intermediate, [responder.certificate], { issuingDistributionPoint: point }),
  ];
  await assertRejectsWith(
    () => check({ stapledOcspResponse, crls, ...leafOnly }),
    "SEC_ERROR_OCSP_INVALID_SIGNING_CERT",
    "the responder's own certificate is revoked",
  );
});

Deno.test("checkRevocation() leaves a certificate that is trusted itself alone", async () => {
  const { certificate } = leaf;
  await check({ mustStaple: true }, {
    certificates: [certificate],
    anchor: trustAnchorOf(certificate),
  });
});

Deno.test("checkRevocation() hands profile, slop and SHA-1 on", async () => {
  const hour = 3_600;
  const late = new Date(days(6).getTime() + 1000 * hour);
  await check({ crls: [cleanLeafList], time: late, slopSeconds: hour, ...leafOnly });
  await check({ stapledOcspResponse: await staple(), time: late, slopSeconds: hour, ...leafOnly });
  const rsa = await party({ subject: "CN=RSA", isCa: true, keyType: "RSA-2048" });
  const under = await party({ subject: "CN=under", dnsNames: ["a.example"], issuer: rsa });
  const old = { certificates: [under.certificate], anchor: trustAnchorOf(rsa.certificate) };
  const crls = [await crlOf(rsa, [], { signatureScheme: "rsa_pkcs1_sha1" })];
  await check({ crls, allowSha1: true }, old);
  await assertRejectsWith(
    () => check({ crls }, old),
    "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
  );
});

Deno.test("checkRevocation() reports what came out of each certificate", async () => {
  const reports: RevocationReport[] = [];
  await check({
    policy: "soft",
    crls: [cleanLeafList],
    report: (report) => void reports.push(report),
  });
  assertEquals(reports.map(({ certificate, status }) => [`${certificate.subject}`, status]), [
    ["CN=example.com", "good"],
    ["CN=Test CA", "unknown"],
  ]);
  assertEquals(
    reports[0]?.reason,
    'CRL 1 of "CN=Test CA" of 2026-05-31T12:00:00.000Z does not name it',
  );
});

// Must-staple

const mustStaple = makeExtension(tlsFeature, [5]);
const promising = await party({
  subject: "CN=staple.example",
  dnsNames: ["staple.example"],
  issuer: intermediate,
  extensions: [mustStaple],
});
const promise: VerifiedPath = {
  ...path,
  certificates: [promising.certificate, intermediate.certificate],
};

Deno.test("checkRevocation() wants the response that a certificate promises, whatever the policy", async () => {
  const promised = (single: Partial<OcspStatusOptions> = {}) =>
    staple({ certificate: promising.certificate, ...single });
  for (const policy of ["off", "soft"] as const) {
    const base = { policy, mustStaple: true };
    for (const stapledOcspResponse of [null, undefined]) {
      await assertRejectsWith(
        () =>
          check({ ...base, ...(stapledOcspResponse === null && { stapledOcspResponse }) }, promise),
        "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS",
        "(must-staple), and none came",
      );
    }
    await check({ ...base, stapledOcspResponse: await promised() }, promise);
    await assertRejectsWith(
      async () =>
        check({ ...base, stapledOcspResponse: await promised({ status: "revoked" }) }, promise),
      "SEC_ERROR_REVOKED_CERTIFICATE",
    );
    await assertRejectsWith(
      async () =>
        check({ ...base, stapledOcspResponse: await promised({ status: "unknown" }) }, promise),
      "SEC_ERROR_OCSP_UNKNOWN_CERT",
    );
    await assertRejectsWith(
      async () => check({ ...base, stapledOcspResponse: await staple() }, promise),
      "SEC_ERROR_OCSP_UNKNOWN_CERT",
      "it is not about",
    );
    await assertRejectsWith(
      () => check({ ...base, stapledOcspResponse: Uint8Array.of(0x30, 0) }, promise),
      "SEC_ERROR_OCSP_MALFORMED_RESPONSE",
    );
  }
});

Deno.test("checkRevocation() lets must-staple be where nobody asked, or nobody promised", async () => {
  await check({ policy: "soft" }, promise);
  await check({ policy: "soft", mustStaple: true });
  const other = await party({
    subject: "CN=other",
    dnsNames: ["other.example"],
    issuer: intermediate,
    extensions: [makeExtension(tlsFeature, [17])],
  });
  await check({ policy: "soft", mustStaple: true }, { ...path, certificates: [other.certificate] });
});

Deno.test("checkRevocation() takes an authority's must-staple for a promise of what is under it", async () => {
  const authority = await party({
    subject: "CN=Promising CA",
    isCa: true,
    issuer: root,
    extensions: [mustStaple],
  });
  const under = await party({ subject: "CN=u", dnsNames: ["u.example"], issuer: authority });
  await assertRejectsWith(
    () =>
      check({ policy: "soft", mustStaple: true }, {
        ...path,
        certificates: [under.certificate, authority.certificate],
      }),
    "SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS",
  );
});

// Fetching

const uri = (value: string): GeneralName => ({ type: "uri", value });

function addresses(ocsp: readonly string[], crl: readonly string[]): CertificateExtension[] {
  const extensions: CertificateExtension[] = [];
  if (ocsp.length > 0) {
    const list = ocsp.map((value) => ({ method: OIDS.ocsp, location: uri(value) }));
    extensions.push(makeExtension(authorityInfoAccess, list));
  }
  if (crl.length > 0) {
    extensions.push(
      makeExtension(crlDistributionPoints, crl.map((value) => ({ fullName: [uri(value)] }))),
    );
  }
  return extensions;
}

async function addressed(
  ocsp: readonly string[],
  crl: readonly string[],
): Promise<{ party: Party; path: VerifiedPath }> {
  const made = await party({
    subject: "CN=fetch.example",
    dnsNames: ["fetch.example"],
    issuer: intermediate,
    extensions: addresses(ocsp, crl),
  });
  return { party: made, path: { ...path, certificates: [made.certificate] } };
}

const OCSP_URL = "http://ocsp.example/";
const CRL_URL = "http://crl.example/a.crl";
const fetched = await addressed([OCSP_URL], [CRL_URL]);
const ofCa: VerifiedPath = { ...fetched.path, anchor: trustAnchorOf(intermediate.certificate) };
const aboutFetched = (single: Partial<OcspStatusOptions> = {}, options = {}) =>
  staple({ certificate: fetched.party.certificate, ...single }, options);

Deno.test("checkRevocation() asks the OCSP responder, with a nonce if it is to", async () => {
  const seen: string[] = [];
  const nonce = Uint8Array.of(1, 2, 3, 4);
  await check({
    ocspNonce: () => nonce,
    fetchOcsp: async (url, { request, certificate, issuer, signal }) => {
      seen.push(url);
      assertEquals(certificate, fetched.party.certificate);
      assertEquals(issuer.subject, intermediate.certificate.subject);
      assertEquals(signal, undefined);
      const { certIds, nonce } = parseOcspRequest(request);
      return (await aboutFetched({ certificate: certIds[0]! }, { nonce })).der;
    },
    fetchCrl: (url) => {
      seen.push(url);
      return null;
    },
  }, ofCa);
  assertEquals(seen, [OCSP_URL]);
  await assertRejectsWith(
    () =>
      check({ ocspNonce: () => nonce, fetchOcsp: async () => (await aboutFetched()).der }, ofCa),
    "SEC_ERROR_OCSP_OLD_RESPONSE",
    "does not repeat the nonce",
  );
});

function assertNever(): never {
  throw new Error("Called");
}

Deno.test("checkRevocation() fetches nothing where something at hand says good", async () => {
  // What a hook throws is no more than one source less: it is the calls that are looked at.
  const called: string[] = [];
  const note = (url: string): null => (called.push(url), null);
  const hooks = { fetchOcsp: note, fetchCrl: note };
  await check({ crls: [cleanLeafList], ...hooks }, ofCa);
  await check({ stapledOcspResponse: await aboutFetched(), ...hooks }, ofCa);
  assertEquals(called, []);
});

Deno.test("checkRevocation() fetches lists where OCSP says nothing, DER or PEM", async () => {
  const pem = new TextEncoder().encode(cleanLeafList.toPem());
  for (const bytes of [cleanLeafList.der, pem]) {
    const urls: string[] = [];
    const fetchCrl = (url: string) => {
      urls.push(url);
      return bytes;
    };
    await check({ fetchOcsp: () => null, fetchCrl }, ofCa);
    assertEquals(urls, [CRL_URL]);
  }
  const revoked = await crlOf(intermediate, [fetched.party.certificate]);
  await assertRejectsWith(
    () => check({ policy: "soft", fetchCrl: () => revoked.der }, ofCa),
    "SEC_ERROR_REVOKED_CERTIFICATE",
  );
  await assertRejectsWith(
    () =>
      check({
        policy: "soft",
        fetchOcsp: async () => (await aboutFetched({ status: "revoked" })).der,
      }, ofCa),
    "SEC_ERROR_REVOKED_CERTIFICATE",
    "the OCSP response from http://ocsp.example/",
  );
});

Deno.test("checkRevocation() reads MAX_CRL_SIZE bytes of PEM and no more, and PEM alone as text", async () => {
  const padded = (length: number): Uint8Array => {
    const bytes = new Uint8Array(length).fill(0x20);
    bytes.set(new TextEncoder().encode(cleanLeafList.toPem()));
    return bytes;
  };
  await check({ fetchCrl: () => padded(MAX_CRL_SIZE) }, ofCa);
  for (
    const [bytes, message] of [
      [padded(MAX_CRL_SIZE + 1), `${MAX_CRL_SIZE + 1} bytes are more than ${MAX_CRL_SIZE}`],
      [new TextEncoder().encode("Not found"), "Cannot parse CRL: "],
    ] as const
  ) {
    await assertRejectsWith(
      () => check({ fetchCrl: () => bytes }, ofCa),
      "SEC_ERROR_CRL_INVALID",
      message,
    );
  }
});

Deno.test("checkRevocation() goes on where a hook fails, and says why under hard", async () => {
  const failing = {
    fetchOcsp: () => {
      throw new TypeError("no network");
    },
    fetchCrl: () => Promise.resolve(Uint8Array.of(1, 2, 3)),
  };
  await check({ ...failing, policy: "soft" }, ofCa);
  const error = await assertRejectsWith(
    () => check(failing, ofCa),
    "SEC_ERROR_OCSP_BAD_HTTP_RESPONSE",
    "the OCSP response from http://ocsp.example/: the fetch failed: no network",
  );
  assert(error.message.includes("the CRL from http://crl.example/a.crl: Cannot parse CRL"));
  await assertRejectsWith(
    () => check({ fetchCrl: () => null }, ofCa),
    "SEC_ERROR_CRL_NOT_FOUND",
    "nothing was fetched",
  );
});

Deno.test("checkRevocation() combines fetched lists that cover some reasons each", async () => {
  const { party: made, path: both } = await addressed([], [
    "http://crl.example/1",
    "http://crl.example/2",
  ]);
  const list = (reasons: number[]) =>
    crlOf(intermediate, [], { issuingDistributionPoint: { onlySomeReasons: new Set(reasons) } });
  const lists = [await list([1, 2, 3]), await list([4, 5, 6, 7, 8])];
  const to = { ...both, anchor: trustAnchorOf(intermediate.certificate) };
  await check({ fetchCrl: (url) => lists[Number(url.at(-1)) - 1]!.der }, to);
  await assertRejectsWith(
    () => check({ fetchCrl: () => lists[0]!.der }, to),
    "SEC_ERROR_CRL_NOT_FOUND",
  );
  assertEquals(made.certificate.crlDistributionPoints?.length, 2);
});

Deno.test("checkRevocation() calls addresses of HTTP alone, MAX_REVOCATION_URLS of them", async () => {
  const odd = ["ldap://crl.example/cn=x", "file:///etc/passwd", "nonsense", "data:,x"];
  const long = (length: number) => `http://crl.example/${"x".repeat(length - 19)}`;
  const many = Array.from(
    { length: MAX_REVOCATION_URLS + 1 },
    (_, i) => `https://crl.example/${i}`,
  );
  const called = async (urls: readonly string[]) => {
    const seen: string[] = [];
    const { path } = await addressed(urls, urls);
    const hook = (url: string) => {
      seen.push(url);
      return null;
    };
    const to = { ...path, anchor: trustAnchorOf(intermediate.certificate) };
    const error = await assertRejects(
      () => check({ fetchCrl: hook, fetchOcsp: hook }, to),
      NssError,
    );
    return { seen, message: error.message };
  };
  const none = await called(odd);
  assertEquals(none.seen, []);
  assert(none.message.includes("it names no CRL (4 addresses ignored)"), none.message);
  const some = many.slice(0, MAX_REVOCATION_URLS);
  assertEquals((await called(many)).seen, [...some, ...some]);
  const lengths = [long(MAX_REVOCATION_URL_LENGTH), long(MAX_REVOCATION_URL_LENGTH + 1)];
  assertEquals((await called(lengths)).seen, [lengths[0]!, lengths[0]!]);
});

Deno.test("checkRevocation() calls no addresses of anything else", async () => {
  const { certificate } = await party({
    subject: "CN=other addresses",
    issuer: intermediate,
    extensions: [
      makeExtension(authorityInfoAccess, [{ method: OIDS.caIssuers, location: uri(OCSP_URL) }]),
      makeExtension(crlDistributionPoints, [{
        fullName: [{ type: "directory", value: root.certificate.subject }],
      }]),
    ],
  });
  const to = { certificates: [certificate], anchor: trustAnchorOf(intermediate.certificate) };
  const error = await assertRejectsWith(
    () => check({ fetchCrl: assertNever, fetchOcsp: assertNever }, to),
    "SEC_ERROR_CRL_NOT_FOUND",
    "it names no OCSP responder; it names no CRL",
  );
  assertEquals(error.cause, undefined);
});

Deno.test("checkRevocation() fetches a list once for all certificates that name it", async () => {
  const extensions = addresses([], [CRL_URL]);
  const authority = await party({ subject: "CN=Loop CA", isCa: true, issuer: root, extensions });
  const under = await party({
    subject: "CN=under",
    dnsNames: ["u.example"],
    issuer: authority,
    extensions,
  });
  let calls = 0;
  const fetchCrl = () => {
    calls++;
    return cleanRootList.der;
  };
  const certificates = [under.certificate, authority.certificate];
  await check({ policy: "soft", fetchCrl }, { ...path, certificates });
  assertEquals(calls, 1);
});

Deno.test("checkRevocation() stops after MAX_REVOCATION_FETCHES, over all paths of a verification", async () => {
  const urls = (kind: string, i: number) =>
    Array.from({ length: MAX_REVOCATION_URLS }, (_, j) => `http://${kind}.example/${i}/${j}`);
  const made = (i: number, issuer: Party) =>
    party({
      subject: `CN=Level ${i}`,
      isCa: true,
      issuer,
      extensions: addresses(urls("ocsp", i), urls("crl", i)),
    });
  const a = await made(1, root);
  const b = await made(2, a);
  const c = await made(3, b);
  let calls = 0;
  const hook = () => {
    calls++;
    return null;
  };
  const checkPath = checkRevocation({ policy: "soft", time: NOW, fetchCrl: hook, fetchOcsp: hook });
  const long = { ...path, certificates: [c, b, a].map(({ certificate }) => certificate) };
  await checkPath({ ...long, certificates: long.certificates.slice(0, 2) });
  assertEquals(calls, 4 * MAX_REVOCATION_URLS);
  assertStrictEquals(MAX_REVOCATION_FETCHES, 4 * MAX_REVOCATION_URLS);
  await checkPath(long);
  assertEquals(calls, MAX_REVOCATION_FETCHES);
  // Another verification has its own
  await checkPath({ ...path, certificates: [a.certificate] });
  assertEquals(calls, MAX_REVOCATION_FETCHES + 2 * MAX_REVOCATION_URLS);
});

Deno.test("checkRevocation() asks about a certificate once, however many paths go through it", async () => {
  let calls = 0;
  const fetchCrl = () => {
    calls++;
    return cleanLeafList.der;
  };
  const checkPath = checkRevocation({ policy: "hard", time: NOW, fetchCrl });
  await checkPath(ofCa);
  await checkPath(ofCa);
  assertEquals(calls, 1);
});

Deno.test("checkRevocation() does not wait for a hook once the signal says stop, nor passes", async () => {
  // A source that fails with an NssError says nothing; a signal's reason is not such an error
  for (const reason of [new Error("enough"), new NssError("SEC_ERROR_CRL_INVALID")]) {
    const controller = new AbortController();
    const { signal } = controller;
    const fetchCrl = () => {
      queueMicrotask(() => controller.abort(reason));
      return new Promise<null>(() => {});
    };
    const waiting = check({ policy: "soft", fetchCrl, signal }, ofCa);
    assertStrictEquals(await assertRejects(() => waiting), reason);
    const late = check({ policy: "soft", fetchCrl: assertNever, signal }, ofCa);
    assertStrictEquals(await assertRejects(() => late), reason);
  }
});

// As checkPath

Deno.test("checkRevocation() makes verifyCertificateChain() refuse, or take another path", async () => {
  const verify = (options: Partial<RevocationOptions>, more: readonly Party[] = []) =>
    verifyCertificateChain(leaf.certificate, {
      intermediates: [intermediate, ...more].map(({ certificate }) => certificate),
      anchors: [trustAnchorOf(root.certificate)],
      time: NOW,
      usage: "sslServer",
      checkPath: checkRevocation({ policy: "soft", time: NOW, ...options }),
    });
  await assertRejectsWith(() => verify({ crls: [leafList] }), "SEC_ERROR_REVOKED_CERTIFICATE");
  assertEquals((await verify({ crls: [cleanLeafList] })).length, 3);
  // The same authority, certified twice; one certificate is revoked
  const { publicKey, privateKey } = intermediate;
  const again = await party({ subject: "CN=Test CA", isCa: true, publicKey, issuer: root });
  const twin = { ...again, publicKey, privateKey };
  const revoked = await crlOf(root, [intermediate.certificate]);
  const path = await verify({ crls: [revoked] }, [twin]);
  assertEquals(path[1]?.der, twin.certificate.der);
  await assertRejectsWith(() => verify({ crls: [revoked] }), "SEC_ERROR_REVOKED_CERTIFICATE");
});
