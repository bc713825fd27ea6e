// Copyright 2026 the NSS for Deno authors. MIT license.

/** The certificates of the comparison: good ones, and those that a client must refuse. @module */

import {
  type Certificate,
  type CertificateIssuer,
  createCertificate,
  type CreateCertificateOptions,
  createCrl,
  createOcspResponse,
} from "@nss/nss/cert";
import { DerWriter, encodePem } from "@nss/nss/cert/der";
import { exportPkcs12, exportPrivateKeyPem, generateKeyPair, type KeyPair } from "@nss/nss/pkcs11";
import type { Identity } from "./stack.ts";

/** A certificate with its key in all forms. */
export interface Holder {
  /** PEM. */
  readonly identity: Identity;
  readonly certificate: Certificate;
  readonly keys: KeyPair;
  /** The base64 of the SHA-256 of its public key. */
  readonly pin: string;
}

/** The password of what has one. */
export const PASSWORD = "secret";

const DAY = 86_400_000;
const NULL = new DerWriter().null().finish();

async function holder(options: Omit<CreateCertificateOptions, "publicKey">): Promise<Holder> {
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const certificate = await createCertificate({
    // Else the alternative names are critical, which subtls cannot read
    subject: "CN=localhost",
    ...options,
    ...(options.issuer ? { publicKey: keys.publicKey } : keys),
  });
  return {
    keys,
    certificate,
    identity: {
      cert: certificate.toPem(),
      key: await exportPrivateKeyPem(keys.privateKey),
    },
    pin: await certificate.subjectPublicKeyInfo.pin(),
  };
}

function issuerOf({ certificate, keys }: Holder): CertificateIssuer {
  return { certificate, privateKey: keys.privateKey };
}

/**
 * A certificate of version 1 that names an authority as its issuer, signed by nobody of that name.
 */
async function forged(root: Holder): Promise<Identity> {
  const { keys, certificate, identity: { key } } = await holder({ dnsNames: ["localhost"] });
  const tbs = new DerWriter().sequence((w) =>
    w.integer(4711)
      .sequence((w) => w.oid("1.2.840.10045.4.3.2"))
      .raw(root.certificate.subject.der)
      .sequence((w) => w.string(0x17, "200101000000Z").string(0x17, "400101000000Z"))
      .raw(certificate.subject.der)
      .raw(keys.publicKey.der)
  ).finish();
  const signature = await keys.privateKey.sign("ecdsa_secp256r1_sha256", tbs);
  const der = new DerWriter().sequence((w) =>
    w.raw(tbs).sequence((w) => w.oid("1.2.840.10045.4.3.2")).bitString(signature)
  ).finish();
  return { cert: encodePem("CERTIFICATE", der), key };
}

/** A certificate with others behind it. */
function chained({ identity }: Holder, ...others: readonly Holder[]): Identity {
  const certs = [identity, ...others.map((other) => other.identity)].map(({ cert }) => cert);
  return { cert: certs.join(""), key: identity.key };
}

/** Makes all of them. */
export async function makePki() {
  const root = await holder({ subject: "CN=compare root", isCa: true });
  const other = await holder({ subject: "CN=another root", isCa: true });
  const issuer = issuerOf(root);
  const dnsNames = ["localhost"];
  const server = await holder({ dnsNames, issuer });
  const selfSigned = await holder({ dnsNames });
  const identityOf = async (options: Omit<CreateCertificateOptions, "publicKey">) =>
    (await holder(options)).identity;
  const constrained = await holder({
    subject: "CN=constrained",
    isCa: true,
    issuer,
    nameConstraints: {
      permitted: [{ type: "dns", value: "example.com" }],
      excluded: [],
    },
  });
  const violating = await holder({ dnsNames, issuer: issuerOf(constrained) });
  const middle = await holder({ subject: "CN=middle", isCa: true, issuer });
  const below = await holder({ dnsNames, issuer: issuerOf(middle) });
  const critical = await holder({
    dnsNames,
    issuer,
    extensions: [{ oid: "1.2.3.4.5", critical: true, offset: 0, value: NULL }],
  });
  const now = new Date();
  const ocsp = await createOcspResponse({
    issuer: root.certificate,
    responder: issuer,
    producedAt: now,
    responses: [{ certificate: server.certificate, status: "revoked", revocationTime: now }],
  });
  const crl = await createCrl({
    issuer,
    crlNumber: 1,
    thisUpdate: now,
    revoked: [{ serialNumber: server.certificate.serialNumber, revocationDate: now }],
  });
  return {
    root: root.identity,
    other: other.identity,
    server: server.identity,
    /** All of `server`. */
    holder: server,
    client: await identityOf({ subject: "CN=alice", issuer }),
    second: await identityOf({
      dnsNames: ["localhost", "second.test"],
      subject: "CN=second",
      issuer,
    }),
    wrongName: await identityOf({
      dnsNames: ["elsewhere.test"],
      subject: "CN=elsewhere.test",
      issuer,
    }),
    expired: await identityOf({
      dnsNames,
      issuer,
      notBefore: new Date(now.getTime() - 20 * DAY),
      notAfter: new Date(now.getTime() - DAY),
    }),
    selfSigned: selfSigned.identity,
    pin: selfSigned.pin,
    forged: await forged(root),
    violating: chained(violating, constrained),
    unordered: chained(below, other, middle),
    critical: critical.identity,
    /** An OCSP response that calls `server` revoked. */
    ocsp: ocsp.der,
    /** A list that has `server`. */
    crl: crl.toPem(),
    encryptedKey: await exportPrivateKeyPem(server.keys.privateKey, {
      password: PASSWORD,
      iterations: 1_000,
    }),
    pkcs12: await exportPkcs12({
      key: server.keys.privateKey,
      certificates: [server.certificate],
      password: PASSWORD,
      iterations: 1_000,
    }),
  };
}

/** The certificates of the comparison. */
export type Pki = Awaited<ReturnType<typeof makePki>>;
