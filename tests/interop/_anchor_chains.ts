// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Chains whose anchors have something to be held against them, and anchors that are leaves; with
 * what each judge is to say. Run as a program, it writes the table of docs/trust_anchors.md.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import {
  type Certificate,
  createCertificate,
  type CreateCertificateOptions,
  parseCertificate,
  type PrivateKey,
} from "@nss/nss/cert";
import { generateKeyPair, importPrivateKey } from "@nss/nss/pkcs11";
import { table, withText } from "../support/generated_page.ts";
import { runOk } from "../support/process.ts";

/** A minute from now, for what openssl makes from now on. */
export const NOW = new Date(Math.floor(Date.now() / 1000 + 60) * 1000);
const days = (count: number): Date => new Date(NOW.getTime() + count * 86_400_000);
const HOST = "host.example.test";

/** An authority or leaf with its key. */
interface Made {
  readonly certificate: Certificate;
  readonly privateKey: PrivateKey;
}

type Options = Partial<CreateCertificateOptions>;

async function makeAuthority(options: Options = {}, issuer?: Made): Promise<Made> {
  const keys = await generateKeyPair();
  const certificate = await createCertificate({
    subject: "CN=Anchor",
    isCa: true,
    notBefore: days(-10),
    notAfter: days(10),
    ...keys,
    ...options,
    ...issuer && { issuer },
  });
  return { certificate, privateKey: keys.privateKey };
}

/** A server's certificate; self-signed without an issuer. */
async function makeLeaf(issuer: Made | null, options: Options = {}): Promise<Made> {
  const keys = await generateKeyPair();
  const certificate = await createCertificate({
    subject: `CN=${HOST}`,
    dnsNames: [HOST],
    keyUsage: ["digitalSignature"],
    extKeyUsage: ["serverAuth"],
    notBefore: days(-5),
    notAfter: days(5),
    ...keys,
    ...options,
    ...issuer && { issuer },
  });
  return { certificate, privateKey: keys.privateKey };
}

/** What is verified, and what is trusted: the leaf, what is between, and the anchor. */
export interface Chain {
  readonly leaf: Certificate;
  readonly between?: readonly Certificate[];
  readonly anchor: Certificate;
}

async function under(options: Options): Promise<Chain> {
  const anchor = await makeAuthority(options);
  return { anchor: anchor.certificate, leaf: (await makeLeaf(anchor)).certificate };
}

/** A certificate of version 1, which only openssl makes. */
export async function underVersion1(): Promise<Chain> {
  const directory = await Deno.makeTempDir({ prefix: "nss_anchor_v1_" });
  const path = `${directory}/v1`;
  await runOk("openssl", [
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
    ...["-subj", "/CN=Anchor", "-keyout", `${path}.key`, "-out", `${path}.csr`],
  ]);
  const made = ["-req", "-in", `${path}.csr`, "-signkey", `${path}.key`, "-days", "10"];
  await runOk("openssl", ["x509", ...made, "-outform", "DER", "-out", `${path}.der`]);
  const anchor = {
    certificate: parseCertificate(await Deno.readFile(`${path}.der`)),
    privateKey: await importPrivateKey(await Deno.readTextFile(`${path}.key`)),
  };
  await Deno.remove(directory, { recursive: true });
  assertEquals(anchor.certificate.version, 1);
  const leaf = await makeLeaf(anchor);
  return { anchor: anchor.certificate, leaf: leaf.certificate };
}

/** Changes a bit of the signature. */
function tampered({ der }: Certificate): Certificate {
  const bytes = der.slice();
  bytes[bytes.length - 1]! ^= 1;
  return parseCertificate(bytes);
}

/** Who judges besides us. */
export const OTHERS = [
  "openssl",
  "openssl -partial_chain",
  "openssl -no_check_time",
  "openssl -check_ss_sig",
  "vfychain",
  "vfychain -pp",
  "certutil -V",
  "certtool",
  "go",
] as const;
/** One of them. */
export type Judge = typeof OTHERS[number];

const but = (...judges: readonly Judge[]): readonly Judge[] =>
  OTHERS.filter((judge) => !judges.includes(judge));

/** A chain, and what is said of it. */
export interface Row {
  /** What it is. */
  readonly title: string;
  /** Makes it. */
  readonly make: () => Promise<Chain>;
  /** The trust in a database: `C,,` for an authority, `P,,` for the certificate itself. */
  readonly trust?: string;
  /** Our errors, with each of the three checks; `null` if the chain is accepted. */
  readonly ours: readonly [string | null, string | null, string | null];
  /** Who else accepts it. */
  readonly accepted: readonly Judge[];
  /** Who is right, and by which clause, where anybody differs from what we do by default. */
  readonly why?: string;
}

const selfSigned = async (options: Options = {}): Promise<Chain> => {
  const { certificate } = await makeLeaf(null, options);
  return { leaf: certificate, anchor: certificate };
};

/** All. */
export const ROWS: readonly Row[] = [
  { title: "a good anchor", make: () => under({}), ours: [null, null, null], accepted: OTHERS },
  {
    title: "an anchor that has expired",
    make: () => under({ notBefore: days(-20), notAfter: days(-1) }),
    ours: ["SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", null, null],
    accepted: ["openssl -no_check_time"],
    why:
      "Both: RFC 5280, Section 6.1.1 (d), knows no dates of an anchor, and Section 6.2 allows more checks; what nobody looks after any more ends, unless somebody says otherwise",
  },
  {
    title: "an anchor that is not valid yet",
    make: () => under({ notBefore: days(2), notAfter: days(20) }),
    ours: ["SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", null, null],
    accepted: ["openssl -no_check_time"],
    why: "As above",
  },
  {
    title: "an anchor that is constrained to other names",
    make: () =>
      under({
        nameConstraints: { permitted: [{ type: "dns", value: "other.test" }], excluded: [] },
      }),
    ours: ["SEC_ERROR_CERT_NOT_IN_NAME_SPACE", "SEC_ERROR_CERT_NOT_IN_NAME_SPACE", null],
    accepted: [],
  },
  {
    title: "an anchor that is constrained to these names",
    make: () =>
      under({
        nameConstraints: { permitted: [{ type: "dns", value: "example.test" }], excluded: [] },
      }),
    ours: [null, null, null],
    accepted: OTHERS,
  },
  {
    title: "an anchor whose pathLenConstraint is 0, with an authority under it",
    make: async () => {
      const anchor = await makeAuthority({ pathLength: 0 });
      const between = await makeAuthority({ subject: "CN=Between" }, anchor);
      const leaf = await makeLeaf(between);
      return {
        anchor: anchor.certificate,
        between: [between.certificate],
        leaf: leaf.certificate,
      };
    },
    ours: ["SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID", "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID", null],
    accepted: [],
  },
  {
    title: "an anchor for clients only, by its extKeyUsage",
    make: () => under({ extKeyUsage: ["clientAuth"] }),
    ours: ["SEC_ERROR_INADEQUATE_CERT_TYPE", "SEC_ERROR_INADEQUATE_CERT_TYPE", null],
    accepted: ["vfychain", "vfychain -pp", "certutil -V", "certtool"],
    why:
      "We, OpenSSL and Go: the purposes of an authority limit those of what it issues (Baseline Requirements, Section 7.1.2.10.6); NSS takes them of the trust in its database alone",
  },
  {
    title: "an anchor whose keyUsage has no keyCertSign",
    make: () => under({ keyUsage: ["cRLSign"] }),
    ours: ["SEC_ERROR_INADEQUATE_KEY_USAGE", "SEC_ERROR_INADEQUATE_KEY_USAGE", null],
    accepted: ["vfychain", "certutil -V"],
    why: "We and the others: RFC 5280, Section 4.2.1.3, where the certificate is looked at at all",
  },
  {
    title: "an anchor that is no authority's",
    make: () => under({ isCa: false }),
    ours: ["SEC_ERROR_CA_CERT_INVALID", "SEC_ERROR_CA_CERT_INVALID", null],
    accepted: [],
  },
  {
    title: "an anchor with a critical extension that nobody knows",
    make: () =>
      under({
        extensions: [{
          oid: "1.3.6.1.4.1.99999.1",
          critical: true,
          value: Uint8Array.of(5, 0),
          offset: 0,
        }],
      }),
    ours: ["SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION", "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION", null],
    accepted: ["vfychain", "vfychain -pp", "certutil -V"],
    why: "We and the others: RFC 5280, Section 4.2, where the certificate is looked at at all",
  },
  {
    title: "an anchor of version 1",
    make: underVersion1,
    ours: [null, null, null],
    accepted: but("vfychain -pp"),
    why:
      "We and those that accept it: RFC 5280, Section 6.1.4 (k), leaves a certificate of version 1 to other means, and somebody has said that it is an authority's",
  },
  {
    title: "an anchor whose own signature is wrong",
    make: async () => {
      const chain = await under({});
      return { ...chain, anchor: tampered(chain.anchor) };
    },
    ours: [null, null, null],
    accepted: but("openssl -check_ss_sig"),
    why:
      "All: the signature of an anchor proves nothing (RFC 5280, Section 6.1: a self-signed certificate that is the anchor is no part of the path)",
  },
  {
    title: "an anchor that is distrusted",
    make: () => under({}),
    trust: "p,,",
    ours: [
      "SEC_ERROR_UNTRUSTED_ISSUER",
      "SEC_ERROR_UNTRUSTED_ISSUER",
      "SEC_ERROR_UNTRUSTED_ISSUER",
    ],
    accepted: but("vfychain", "certutil -V"),
    why: "All: those that accept it are given it as an anchor, and know no distrust",
  },
  {
    title: "an authority between, given as the anchor",
    make: async () => {
      const root = await makeAuthority({ subject: "CN=Root" });
      const anchor = await makeAuthority({}, root);
      return { anchor: anchor.certificate, leaf: (await makeLeaf(anchor)).certificate };
    },
    ours: [null, null, null],
    accepted: but("openssl", "openssl -no_check_time", "openssl -check_ss_sig"),
    why:
      "We: RFC 5280, Section 6.1.1 (d), does not want an anchor to be self-signed; OpenSSL does without -partial_chain",
  },
  {
    title: "a self-signed leaf as its own anchor",
    make: selfSigned,
    trust: "P,,",
    ours: [null, null, null],
    accepted: but("vfychain -pp", "certtool"),
    why:
      "We and those that accept it: it is what the user trusts, byte for byte; the other two see an authority that is none",
  },
  {
    title: "a leaf of an authority as its own anchor",
    make: async () => {
      const { certificate } = await makeLeaf(await makeAuthority());
      return { leaf: certificate, anchor: certificate };
    },
    trust: "P,,",
    ours: [null, null, null],
    accepted: ["openssl -partial_chain", "vfychain", "certutil -V", "go"],
    why: "As above",
  },
  {
    title: "a self-signed leaf as its own anchor that has expired",
    make: () => selfSigned({ notBefore: days(-20), notAfter: days(-1) }),
    trust: "P,,",
    ours: [
      "SEC_ERROR_EXPIRED_CERTIFICATE",
      "SEC_ERROR_EXPIRED_CERTIFICATE",
      "SEC_ERROR_EXPIRED_CERTIFICATE",
    ],
    accepted: ["openssl -no_check_time"],
    why: "All: it is the certificate that is verified, whose dates count whoever trusts it",
  },
  {
    title: "a self-signed leaf as its own anchor that is a client's",
    make: () => selfSigned({ extKeyUsage: ["clientAuth"] }),
    trust: "P,,",
    ours: [
      "SEC_ERROR_INADEQUATE_CERT_TYPE",
      "SEC_ERROR_INADEQUATE_CERT_TYPE",
      "SEC_ERROR_INADEQUATE_CERT_TYPE",
    ],
    accepted: [],
  },
  {
    title: "a self-signed leaf that is the anchor but for its key",
    make: async () => {
      const [{ leaf }, { anchor }] = await Promise.all([selfSigned(), selfSigned()]);
      return { leaf, anchor };
    },
    trust: "P,,",
    ours: ["SEC_ERROR_CA_CERT_INVALID", "SEC_ERROR_CA_CERT_INVALID", "SEC_ERROR_CA_CERT_INVALID"],
    accepted: [],
  },
  {
    title: "a self-signed leaf that is the anchor but for its name",
    make: async () => {
      const keys = await generateKeyPair();
      const { leaf } = await selfSigned(keys);
      const { anchor } = await selfSigned({ ...keys, subject: "CN=other" });
      return { leaf, anchor };
    },
    trust: "P,,",
    ours: ["SEC_ERROR_UNKNOWN_ISSUER", "SEC_ERROR_UNKNOWN_ISSUER", "SEC_ERROR_UNKNOWN_ISSUER"],
    accepted: [],
  },
  {
    title: "a self-signed leaf that is the anchor but for its serial number",
    make: async () => {
      const keys = await generateKeyPair();
      const [{ leaf }, { anchor }] = await Promise.all([selfSigned(keys), selfSigned(keys)]);
      return { leaf, anchor };
    },
    trust: "P,,",
    ours: ["SEC_ERROR_UNKNOWN_ISSUER", "SEC_ERROR_UNKNOWN_ISSUER", "SEC_ERROR_UNKNOWN_ISSUER"],
    accepted: [],
  },
  {
    title: "a leaf issued by a leaf that is an anchor for itself",
    make: async () => {
      const anchor = await makeLeaf(null);
      const leaf = await makeLeaf(anchor, { subject: "CN=under it" });
      return { anchor: anchor.certificate, leaf: leaf.certificate };
    },
    trust: "P,,",
    ours: ["SEC_ERROR_CA_CERT_INVALID", "SEC_ERROR_CA_CERT_INVALID", "SEC_ERROR_CA_CERT_INVALID"],
    accepted: [],
  },
];

/** The page, with the table of all rows. */
export async function anchorsPage(): Promise<string> {
  const mark = (isAccepted: boolean): string => isAccepted ? "✓" : "–";
  const text = table(
    ["chain", "ours", ...OTHERS.map((name) => `\`${name}\``), "who is right"],
    ROWS.map(({ title, ours, accepted, why = "" }) => [
      title,
      ours.map((error) => mark(error === null)).join(" "),
      ...OTHERS.map((name) => mark(accepted.includes(name))),
      why,
    ]),
  );
  return withText(await Deno.readTextFile(PAGE), "tests/interop/_anchor_chains.ts", text);
}

/** Where it is. */
export const PAGE: URL = new URL("../../docs/trust_anchors.md", import.meta.url);

if (import.meta.main) await Deno.writeTextFile(PAGE, await anchorsPage());
