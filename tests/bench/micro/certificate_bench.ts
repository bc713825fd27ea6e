// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

// What certificates cost, beside `@peculiar/x509` (WebCrypto in TypeScript, as here) and
// `X509Certificate` of `node:crypto` (native code). Neither of these checks more of a chain than is
// written here: time, names and signatures; this package checks all of RFC 5280. Run with
// `deno bench -A tests/bench/micro/certificate_bench.ts`.

import { X509Certificate } from "node:crypto";
import { type Certificate, parseCertificate } from "../../../cert/certificate/certificate.ts";
import { schemeRow } from "../../../cert/certificate/signature_algorithm.ts";
import { verifyLargeRsa } from "../../../cert/verify/large_rsa.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { forgetCertificates } from "../../../cert/certificate/known_certificates.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { rsaKey } from "../../cert/_forged_rsa.ts";
import { issue, makeKeys, NOW, type TestKeyType } from "../../cert/_support.ts";
import { note } from "../../support/skip.ts";

/** What the bench uses of `@peculiar/x509`. */
interface Peculiar {
  readonly X509Certificate: new (der: Uint8Array<ArrayBuffer>) => PeculiarCertificate;
}

interface PeculiarCertificate {
  readonly subject: string;
  readonly issuer: string;
  verify(options: { publicKey: PeculiarCertificate; date: Date }): Promise<boolean>;
}

/**
 * A package of npm that nothing but this bench uses, so its name is no import that a check follows.
 */
async function loadPeculiar(): Promise<Peculiar | null> {
  const name = "npm:@peculiar/x509@1";
  try {
    return await import(name);
  } catch (error) {
    note(`skipped: ${name}: ${error instanceof Error ? error.message : error}`);
    return null;
  }
}

const peculiar = await loadPeculiar();

for (const type of ["P-256", "RSA-2048"] satisfies TestKeyType[]) {
  const keys = await Promise.all(Array.from({ length: 3 }, () => makeKeys(type)));
  const root = await issue({ ca: true, keys: keys[0]! });
  const between = await issue({ ca: true, subject: "CN=Between", issuer: root, keys: keys[1]! });
  const leaf = await issue({ issuer: between, keys: keys[2]! });
  const chain = [leaf, between, root].map(({ certificate }) => certificate.der);
  const { certificate: end } = leaf;

  const verify = (last: Certificate, intermediates: readonly Certificate[], top: Certificate) =>
    verifyCertificateChain(last, {
      intermediates,
      anchors: [trustAnchorOf(top)],
      time: NOW,
      usage: "sslServer",
    });
  const verifyParsed = async () => {
    const [last, middle, top] = chain.map((der) => parseCertificate(der));
    await verify(last!, [middle!], top!);
  };

  const parsing = `parse a certificate, ${type}`;
  Deno.bench({
    name: "@nss/nss",
    group: parsing,
    baseline: true,
    fn: () => void parseCertificate(chain[0]!),
  });
  Deno.bench({
    name: "node:crypto",
    group: parsing,
    fn: () => void new X509Certificate(chain[0]!),
  });
  if (peculiar !== null) {
    Deno.bench({
      name: "@peculiar/x509",
      group: parsing,
      fn: () => void new peculiar.X509Certificate(chain[0]!),
    });
  }

  const verifying = `parse and verify 3 certificates, ${type}`;
  Deno.bench({
    name: "@nss/nss, all of RFC 5280",
    group: verifying,
    baseline: true,
    fn: async () => {
      forgetCertificates();
      await verifyParsed();
    },
  });
  Deno.bench({
    name: "@nss/nss, signatures seen before",
    group: verifying,
    fn: verifyParsed,
  });
  Deno.bench({
    name: "@nss/nss, parsed before, signatures seen before",
    group: verifying,
    fn: async () => void await verify(end, [between.certificate], root.certificate),
  });
  Deno.bench({
    name: "node:crypto, time, names and signatures",
    group: verifying,
    fn: () => {
      const certificates = chain.map((der) => new X509Certificate(der));
      for (const [i, issuer] of certificates.slice(1).entries()) {
        const certificate = certificates[i]!;
        const isValid = certificate.validFromDate <= NOW && NOW <= certificate.validToDate;
        if (!isValid || !certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
          throw new Error("The chain is not valid");
        }
      }
    },
  });
  if (peculiar !== null) {
    Deno.bench({
      name: "@peculiar/x509, time, names and signatures",
      group: verifying,
      fn: async () => {
        const certificates = chain.map((der) => new peculiar.X509Certificate(der));
        for (const [i, issuer] of certificates.slice(1).entries()) {
          const certificate = certificates[i]!;
          const isValid = certificate.issuer === issuer.subject &&
            await certificate.verify({ publicKey: issuer, date: NOW });
          if (!isValid) throw new Error("The chain is not valid");
        }
      },
    });
  }
}

// The public operation of RSA keys that WebCrypto does not take
const { algorithm } = schemeRow("rsa_pkcs1_sha256");
const DATA = new TextEncoder().encode("what is signed");
for (const bits of [4097, 5120, 8192, 16384]) {
  for (const exponent of [65537n, 4294967295n]) {
    const modulus = (1n << BigInt(bits)) - (0x5bd1e995n << BigInt(bits - 64)) - 1n;
    const key = rsaKey(modulus, exponent);
    const signature = new Uint8Array(Math.ceil(bits / 8)).fill(0x3a).fill(0, 0, 1);
    Deno.bench({
      name: `RSA ${bits}, exponent ${exponent}`,
      group: "verify a signature by a large RSA key",
      baseline: bits === 8192 && exponent === 65537n,
      fn: async () => void await verifyLargeRsa(key, algorithm, DATA, signature),
    });
  }
}
