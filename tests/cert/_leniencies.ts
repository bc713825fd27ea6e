// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The rows of docs/leniency.md: what is not as the standards say, with what is like it and refused
 * all the same. `tests/cert/verify/leniency_test.ts` holds our verdicts to them,
 * `tests/interop/leniency_test.ts` those of others.
 *
 * @module
 */

import { parseCertificateRequest, verifyCertificateRequest } from "../../cert/create/csr.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { encodeSignatureAlgorithm } from "../../cert/certificate/signature_algorithm.ts";
import { parseSubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { constructedTag, TAG } from "../../cert/der/tag.ts";
import { OIDS } from "../../cert/der/oids.ts";
import { writeTime } from "../../cert/der/time.ts";
import { basicConstraints } from "../../cert/extensions/basic_constraints.ts";
import { crlNumber } from "../../cert/extensions/crl_number.ts";
import { crlDistributionPoints } from "../../cert/extensions/crl_distribution_points.ts";
import {
  type CertificateExtension,
  makeExtension,
  writeExtensions,
} from "../../cert/extensions/extension.ts";
import { netscapeCertType } from "../../cert/extensions/ext_key_usage.ts";
import { keyUsage } from "../../cert/extensions/key_usage.ts";
import { nameConstraints } from "../../cert/extensions/name_constraints.ts";
import type { GeneralName } from "../../cert/names/general_name.ts";
import { Name } from "../../cert/names/name.ts";
import { parseCrl } from "../../cert/revocation/crl.ts";
import { verifyCrl } from "../../cert/revocation/verify_crl.ts";
import type { CertProfile } from "../../cert/verify/check_certificate.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../cert/verify/verify_cert.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { issue, type IssueOptions, makeKeys, NOW, type TestCertificate } from "./_support.ts";

/** Something that is accepted or refused. */
export type Sample =
  | { readonly kind: "chain"; readonly certificates: readonly Certificate[] }
  | { readonly kind: "crl"; readonly der: Uint8Array<ArrayBuffer>; readonly issuer: Certificate }
  | { readonly kind: "request" | "key"; readonly der: Uint8Array<ArrayBuffer> };

/** Other programs that judge. */
export type Peer = "openssl" | "certutil" | "vfychain" | "certtool" | "go";

/** A row. */
export interface Leniency {
  /** What it is, as Markdown without `|`. */
  readonly what: string;
  /** Who writes it. */
  readonly writtenBy: string;
  /** What the standards say. */
  readonly clause: string;
  /** The profiles that accept it. */
  readonly acceptedIn: readonly CertProfile[];
  /** What the others of the matrix say, that can be asked. */
  readonly peers: Readonly<Partial<Record<Peer, boolean>>>;
  /** Makes it. */
  readonly make: () => Promise<Sample>;
  /** What is like it and refused in both profiles, with our error. */
  readonly neighbours: Readonly<Record<string, readonly [error: string, () => Promise<Sample>]>>;
}

const dns = (value: string): GeneralName => ({ type: "dns", value });

const PERIOD = { notBefore: "2020-01-01T00:00:00Z", notAfter: "2049-12-31T23:59:59Z" } as const;
let serials = 0;

/** Makes a certificate that others accept at any time, in one database with all others. */
function issueLasting(options: IssueOptions): Promise<TestCertificate> {
  const number = serials++;
  const serial = Uint8Array.of(1, number >> 8, number & 0xff);
  return issue({ ...PERIOD, serial, ...options });
}

/** A leaf for www.example.com under a root, with authorities between. */
async function chain(
  parts: { leaf?: IssueOptions; between?: readonly IssueOptions[]; root?: IssueOptions },
): Promise<Sample> {
  const root = await issueLasting({ ca: true, subject: "CN=Leniency Root", ...parts.root });
  const certificates = [root.certificate];
  let issuer: TestCertificate = root;
  for (const [i, options] of (parts.between ?? []).entries()) {
    issuer = await issueLasting({ ca: true, subject: `CN=Leniency ${i}`, issuer, ...options });
    certificates.unshift(issuer.certificate);
  }
  const leaf = await issueLasting({ dns: "www.example.com", issuer, ...parts.leaf });
  return { kind: "chain", certificates: [leaf.certificate, ...certificates] };
}

const constrained = (permitted: readonly GeneralName[], leaf: IssueOptions = {}) => () =>
  chain({
    leaf: { subject: "", ...leaf },
    between: [{
      extensions: [makeExtension(nameConstraints, { permitted, excluded: [] }, true)],
    }],
  });

/** An AlgorithmIdentifier of ECDSA with SHA-256 and parameters. */
const ecdsaWith = (write: (w: DerWriter) => void) =>
  new DerWriter().sequence((w) => {
    w.oid(OIDS.ecdsaWithSHA256);
    write(w);
  }).finish();

const critical = (oid: string, ...value: number[]): CertificateExtension => ({
  oid,
  critical: true,
  value: Uint8Array.from(value),
  offset: 0,
});

const CDP = makeExtension(crlDistributionPoints, [{
  fullName: [{ type: "uri", value: "http://crl.example/root.crl" }],
}], true);

const deep = (count: number) => () => chain({ between: Array.from({ length: count }, () => ({})) });

/** A name with one set of two attributes, the longer one first. */
function unsortedName(): Name {
  const attribute = (oid: string, text: string) => (w: DerWriter) =>
    void w.sequence((w) => w.oid(oid).string(TAG.utf8String, text));
  return Name.fromDer(
    new DerWriter().sequence((w) =>
      w.constructed(TAG.set, (w) => {
        attribute(OIDS.commonName, "www.example.com")(w);
        attribute(OIDS.organizationName, "X")(w);
      })
    ).finish(),
  );
}

/** A certificate revocation list with what its revokedCertificates are to have. */
async function list(revoked: (w: DerWriter) => void): Promise<Sample> {
  const usages = new Set(["keyCertSign", "cRLSign"] as const);
  const { certificate, privateKey } = await issueLasting({
    ca: true,
    subject: "CN=Leniency Root",
    extensions: [makeExtension(keyUsage, usages, true)],
  });
  const algorithm = encodeSignatureAlgorithm("ecdsa_secp256r1_sha256");
  const tbs = new DerWriter().sequence((w) => {
    w.integer(1).raw(algorithm).raw(certificate.subject.der);
    writeTime(w, new Date(PERIOD.notBefore));
    writeTime(w, new Date(PERIOD.notAfter));
    w.sequence(revoked);
    w.constructed(
      constructedTag(0),
      (w) => writeExtensions(w, [makeExtension(crlNumber, 1n)]),
    );
  }).finish();
  const signature = await privateKey.sign("ecdsa_secp256r1_sha256", tbs);
  const der = new DerWriter().sequence((w) => w.raw(tbs).raw(algorithm).bitString(signature));
  return { kind: "crl", der: der.finish(), issuer: certificate };
}

/** A certificate request with one attribute. */
async function request(type: string, values: readonly ((w: DerWriter) => void)[]): Promise<Sample> {
  const { publicKey, privateKey } = await makeKeys();
  const info = new DerWriter().sequence((w) => {
    w.integer(0).raw(Name.parse("CN=Leniency").der).raw(publicKey.der);
    w.constructed(constructedTag(0), (w) => {
      w.sequence((w) => w.oid(type).setOf(values));
    });
  }).finish();
  const algorithm = encodeSignatureAlgorithm("ecdsa_secp256r1_sha256");
  const signature = await privateKey.sign("ecdsa_secp256r1_sha256", info);
  const der = new DerWriter().sequence((w) => w.raw(info).raw(algorithm).bitString(signature));
  return { kind: "request", der: der.finish() };
}

/** A private key of SEC1, with what is before its scalar. */
async function key(...before: number[]): Promise<Sample> {
  const pair = await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    true,
    ["sign", "verify"],
  );
  const { d } = await crypto.subtle.exportKey("jwk", pair.privateKey);
  const scalar = Uint8Array.fromBase64(d!, { alphabet: "base64url" });
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const der = new DerWriter().sequence((w) => {
    w.integer(1).octetString(Uint8Array.of(...before, ...scalar));
    w.constructed(constructedTag(0), (w) => w.oid(OIDS.secp256r1));
    w.constructed(constructedTag(1), (w) => w.bitString(point));
  });
  return { kind: "key", der: der.finish() };
}

/** basicConstraints with bytes for cA. */
const explicitCa = (...value: number[]): CertificateExtension => ({
  oid: basicConstraints.oid,
  critical: true,
  value: Uint8Array.of(TAG.sequence, value.length, ...value),
  offset: 0,
});

/** A key whose last byte is another one. */
async function moved(type: "P-256" | "P-384" | "P-521"): Promise<IssueOptions> {
  const { publicKey, privateKey } = await makeKeys(type);
  const der = publicKey.der.slice();
  der[der.length - 1]! ^= 1;
  return { keys: { publicKey: parseSubjectPublicKeyInfo(der), privateKey } };
}

const BAD_TEXT = "#0c0361ff62";

const ALL = { openssl: true, certutil: true, vfychain: true, certtool: true, go: true } as const;
/** NSS's programs are asked about chains only. */
const NO_NSS = { openssl: true, certtool: true, go: true } as const;

const COMPATIBLE: readonly CertProfile[] = ["compatible"];
const BOTH: readonly CertProfile[] = ["strict", "compatible"];
const EXTENSION = "SEC_ERROR_EXTENSION_VALUE_INVALID";

/** The rows. */
export const LENIENCIES: readonly Leniency[] = [
  {
    what: "a constraint on DNS names with a leading dot; `.x` means strictly below `x`",
    writtenBy: "FreeIPA, and most recipes for OpenSSL",
    clause: "RFC 5280, Section 4.2.1.10: the dot is of URI and e-mail",
    acceptedIn: COMPATIBLE,
    peers: ALL,
    make: constrained([dns(".example.com")]),
    neighbours: {
      "the name itself": [
        "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
        constrained([dns(".example.com")], { dns: "example.com" }),
      ],
      "a name that only ends like it": [
        "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
        constrained([dns(".example.com")], { dns: "evilexample.com" }),
      ],
      "two dots before": [EXTENSION, constrained([dns("..example.com")])],
      "two dots inside": [EXTENSION, constrained([dns(".www..example.com")])],
      "a dot alone": [EXTENSION, constrained([dns(".")])],
      "a dot behind": [EXTENSION, constrained([dns(".example.com.")])],
    },
  },
  {
    what: "a malformed name constraint of a kind that no name under it has",
    writtenBy: "hand-written configurations: a URI with its scheme, an address without its mask",
    clause: "RFC 5280, Section 4.2.1.10",
    acceptedIn: COMPATIBLE,
    peers: { ...ALL, certtool: false, go: false },
    make: constrained([
      dns("example.com"),
      { type: "uri", value: "https://example.com" },
      { type: "ip", value: Uint8Array.of(192, 0, 2, 0) },
    ]),
    neighbours: {
      "of a kind that a name has": [EXTENSION, constrained([dns("example.com"), dns("a b")])],
      "bytes that are no constraint": [
        EXTENSION,
        () =>
          chain({ between: [{ extensions: [critical(OIDS.nameConstraints, 0x30, 2, 0xa0, 0)] }] }),
      ],
    },
  },
  {
    what: "NULL parameters of ECDSA in a signature's algorithm",
    writtenBy: "JDK before 16",
    clause: "RFC 5758, Section 3.2: MUST omit the parameters",
    acceptedIn: COMPATIBLE,
    peers: ALL,
    make: () => chain({ leaf: { algorithm: ecdsaWith((w) => w.null()) } }),
    neighbours: {
      "an INTEGER": [
        "SEC_ERROR_BAD_DER",
        () => chain({ leaf: { algorithm: ecdsaWith((w) => w.integer(1)) } }),
      ],
      "an empty SEQUENCE": [
        "SEC_ERROR_BAD_DER",
        () => chain({ leaf: { algorithm: ecdsaWith((w) => w.sequence(() => {})) } }),
      ],
      "NULL with content": [
        "SEC_ERROR_BAD_DER",
        () =>
          chain({
            leaf: { algorithm: ecdsaWith((w) => w.primitive(TAG.null, Uint8Array.of(0))) },
          }),
      ],
      "two NULLs": [
        "SEC_ERROR_BAD_DER",
        () => chain({ leaf: { algorithm: ecdsaWith((w) => w.null().null()) } }),
      ],
    },
  },
  {
    what: "an `ocspNoCheck` that is critical",
    writtenBy: "recipes for OCSP responders (`noCheck = critical, ignored`)",
    clause: "RFC 6960, Section 4.2.2.2.1: SHOULD be non-critical; RFC 5280, Section 4.2",
    acceptedIn: COMPATIBLE,
    peers: { ...ALL, vfychain: false, certtool: false, go: false },
    make: () => chain({ leaf: { extensions: [critical(OIDS.ocspNoCheck, 5, 0)] } }),
    neighbours: {
      "with a value": [
        EXTENSION,
        () => chain({ leaf: { extensions: [critical(OIDS.ocspNoCheck, 2, 1, 5)] } }),
      ],
      "another critical extension of OCSP": [
        "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
        () => chain({ leaf: { extensions: [critical(OIDS.ocspNonce, 5, 0)] } }),
      ],
    },
  },
  {
    what: "a `netscapeCertType` that is critical; what it allows is heeded",
    writtenBy: "old recipes (`nsCertType = critical, server`)",
    clause: "RFC 5280, Section 4.2: a critical extension that is not known",
    acceptedIn: COMPATIBLE,
    peers: { ...ALL, certtool: false, go: false },
    make: () =>
      chain({ leaf: { extensions: [makeExtension(netscapeCertType, new Set([1]), true)] } }),
    neighbours: {
      "a client's": [
        "SEC_ERROR_INADEQUATE_CERT_TYPE",
        () =>
          chain({ leaf: { extensions: [makeExtension(netscapeCertType, new Set([0]), true)] } }),
      ],
      "an authority's for e-mail, above a server": [
        "SEC_ERROR_INADEQUATE_CERT_TYPE",
        () =>
          chain({
            between: [{ extensions: [makeExtension(netscapeCertType, new Set([6]), true)] }],
          }),
      ],
      "an authority's with an end entity's type": [
        "SEC_ERROR_INADEQUATE_CERT_TYPE",
        () =>
          chain({
            between: [{ extensions: [makeExtension(netscapeCertType, new Set([1]), true)] }],
          }),
      ],
      "no BIT STRING": [
        EXTENSION,
        () => chain({ leaf: { extensions: [critical(OIDS.netscapeCertType, 5, 0)] } }),
      ],
      "another critical extension of Netscape's": [
        "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
        () => chain({ leaf: { extensions: [critical("2.16.840.1.113730.1.13", 0x16, 1, 0x61)] } }),
      ],
    },
  },
  {
    what: "a `cRLDistributionPoints` that is critical, of a root",
    writtenBy: "roots of companies and states",
    clause: "RFC 5280, Section 4.2: a critical extension that path validation does not process",
    acceptedIn: COMPATIBLE,
    peers: ALL,
    make: () => chain({ root: { extensions: [CDP] } }),
    neighbours: {
      "of an authority between": [
        "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
        () => chain({ between: [{ extensions: [CDP] }] }),
      ],
      "of a leaf": [
        "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
        () => chain({ leaf: { extensions: [CDP] } }),
      ],
      "another critical extension of a root": [
        "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
        () => chain({ root: { extensions: [critical("1.2.3.4", 5, 0)] } }),
      ],
    },
  },
  {
    what: "7 to 10 authorities between leaf and root; `maxDepth` sets another number",
    writtenBy: "companies whose departments have authorities of their own",
    clause: "none: a bound of webpki's, 6",
    acceptedIn: COMPATIBLE,
    peers: ALL,
    make: deep(10),
    neighbours: { "11": ["SEC_ERROR_UNKNOWN_ISSUER", deep(11)] },
  },
  {
    what: "a set of attributes in a name that is not in the order of DER",
    writtenBy: "directories that put several attributes into one part of a name",
    clause: "X.690, Section 11.6",
    acceptedIn: COMPATIBLE,
    peers: ALL,
    make: () => chain({ leaf: { subject: unsortedName() } }),
    neighbours: {
      "an empty set": [
        "SEC_ERROR_BAD_DER",
        () =>
          chain({
            leaf: {
              subject: Name.fromDer(new DerWriter().sequence((w) => w.setOf([])).finish()),
            },
          }),
      ],
    },
  },
  {
    what: "an empty `revokedCertificates` in a CRL; reads as a CRL without entries",
    writtenBy: "large authorities, such as Entrust",
    clause: "RFC 5280, Section 5.1.2.6: MUST be absent",
    acceptedIn: COMPATIBLE,
    peers: NO_NSS,
    make: () => list(() => {}),
    neighbours: {
      "an entry without content": [
        "SEC_ERROR_CRL_INVALID",
        () => list((w) => w.sequence(() => {})),
      ],
    },
  },
  {
    what: "an `extensionRequest` of a certificate request that requests nothing",
    writtenBy: "programs that always write the attribute",
    clause: "RFC 2986, Section 4.1; requests have no profile",
    acceptedIn: BOTH,
    peers: NO_NSS,
    make: () => request(OIDS.extensionRequest, []),
    neighbours: {
      "another attribute without a value": [
        "SEC_ERROR_BAD_DER",
        () => request(OIDS.challengePassword, []),
      ],
      "two values": [
        "SEC_ERROR_BAD_DER",
        () => request(OIDS.extensionRequest, [(w) => w.sequence(() => {}), (w) => w.null()]),
      ],
      "no extensions": [
        "SEC_ERROR_BAD_DER",
        () => request(OIDS.extensionRequest, [(w) => w.null()]),
      ],
    },
  },
  {
    what: "one zero byte before the scalar of an elliptic curve key",
    writtenBy: "GnuTLS",
    clause: "RFC 5915, Section 3: as long as the order; keys have no profile",
    acceptedIn: BOTH,
    peers: NO_NSS,
    make: () => key(0),
    neighbours: {
      "another byte": ["SEC_ERROR_BAD_DER", () => key(1)],
      "two zero bytes": ["SEC_ERROR_BAD_DER", () => key(0, 0)],
    },
  },
  {
    what: "an explicit FALSE for `cA` of `basicConstraints` or for `critical`",
    writtenBy: "Go Daddy, once, and many others",
    clause: "X.690, Section 11.5; the public web has them, so both profiles accept them",
    acceptedIn: BOTH,
    peers: ALL,
    make: () => chain({ leaf: { extensions: [explicitCa(TAG.boolean, 1, 0)] } }),
    neighbours: {
      "a byte that is neither FALSE nor TRUE": [
        EXTENSION,
        () => chain({ leaf: { extensions: [explicitCa(TAG.boolean, 1, 1)] } }),
      ],
    },
  },
  {
    what: "zero bits at the end of `keyUsage`",
    writtenBy: "two roots of Mozilla's",
    clause: "X.690, Section 11.2.2; the public web has them, so both profiles accept them",
    acceptedIn: BOTH,
    peers: ALL,
    make: () => chain({ leaf: { extensions: [critical(OIDS.keyUsage, 3, 2, 0, 0x80)] } }),
    neighbours: {
      "bits that are called unused and are set": [
        EXTENSION,
        () => chain({ leaf: { extensions: [critical(OIDS.keyUsage, 3, 2, 7, 0x81)] } }),
      ],
    },
  },
  {
    what: "text in a name that is not the UTF-8 that it says",
    writtenBy: "programs that write Latin-1",
    clause: "RFC 5280, Section 4.1.2.4; RFC 3629",
    acceptedIn: [],
    peers: { ...ALL, openssl: false, go: false },
    make: () => chain({ leaf: { subject: `CN=www.example.com,O=${BAD_TEXT}` } }),
    neighbours: {
      "of an authority": [
        "SEC_ERROR_BAD_DER",
        () => chain({ between: [{ subject: `CN=Leniency,O=${BAD_TEXT}` }] }),
      ],
      "of a root": [
        "SEC_ERROR_BAD_DER",
        () => chain({ root: { subject: `CN=Leniency Root,O=${BAD_TEXT}` } }),
      ],
      "half a character of UTF-16": [
        "SEC_ERROR_BAD_DER",
        () => chain({ leaf: { subject: "CN=www.example.com,O=#1e03004100" } }),
      ],
    },
  },
  {
    what: "a key that is no point of its curve",
    writtenBy: "attackers",
    clause: "RFC 5480, Section 2.2; SEC 1, Section 3.2.2",
    acceptedIn: [],
    peers: { ...ALL, openssl: false, go: false },
    make: async () => chain({ leaf: await moved("P-256") }),
    neighbours: {
      "of P-384": ["SEC_ERROR_BAD_KEY", async () => chain({ leaf: await moved("P-384") })],
      "of P-521": ["SEC_ERROR_BAD_KEY", async () => chain({ leaf: await moved("P-521") })],
      "of an authority": [
        "SEC_ERROR_BAD_KEY",
        async () => chain({ between: [await moved("P-256")] }),
      ],
    },
  },
];

/** Our verdict of a sample: `"ok"`, or the name of the error. */
export async function judge(make: () => Promise<Sample>, profile: CertProfile): Promise<string> {
  try {
    await accept(await make(), profile);
    return "ok";
  } catch (error) {
    if (error instanceof NssError) return error.name;
    throw error;
  }
}

/** Accepts a sample in a profile, or throws our error. */
export async function accept(sample: Sample, profile: CertProfile): Promise<void> {
  switch (sample.kind) {
    case "chain": {
      const [leaf, ...others] = sample.certificates;
      await verifyCertificateChain(leaf!, {
        anchors: [trustAnchorOf(others.at(-1)!)],
        intermediates: others.slice(0, -1),
        time: NOW,
        usage: "sslServer",
        profile,
      });
      return;
    }
    case "crl":
      return await verifyCrl(parseCrl(sample.der), { issuer: sample.issuer, time: NOW, profile });
    case "request":
      return await verifyCertificateRequest(parseCertificateRequest(sample.der));
    case "key":
      await importPrivateKey(sample.der);
  }
}
