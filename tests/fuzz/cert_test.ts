// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import {
  Certificate,
  parseCertificate,
  parseCertificatesPem,
} from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { decodePem, encodePem } from "../../cert/der/pem.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../cert/verify/verify_cert.ts";
import { verifyCertName } from "../../cert/verify/verify_cert_name.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { CREDENTIALS } from "./_sockets.ts";
import { type Bytes, flip, fuzz, mutate, overCorpus, typed } from "./_support.ts";

/**
 * Reads everything that a certificate says: each part is read when it is asked for, and may then
 * turn out to be malformed.
 */
async function readAll(certificate: Certificate): Promise<void> {
  const names: string[] = [];
  for (let it = Certificate.prototype; it !== Object.prototype; it = Object.getPrototypeOf(it)) {
    names.push(...Object.getOwnPropertyNames(it));
  }
  for (const name of names) {
    const { get } = Object.getOwnPropertyDescriptor(Certificate.prototype, name) ?? {};
    if (get !== undefined) await typed(() => get.call(certificate));
  }
  await typed(() => certificate.toString());
  await typed(() => certificate.toPem());
  await typed(() => verifyCertName(certificate, "server.test"));
}

/** Reads and verifies a certificate in all the places that it may have in a chain. */
async function use(der: Bytes): Promise<void> {
  const certificate = await typed(() => parseCertificate(der));
  if (certificate === undefined) return;
  assertEquals(certificate.der.toHex(), der.toHex());
  await readAll(certificate);
  const time = await typed(() => certificate.notBefore) ?? new Date(0);
  const anchor = await typed(() => trustAnchorOf(certificate));
  const { cert } = CREDENTIALS.server;
  for (const usage of ["sslServer", "sslClient"] as const) {
    const options = { time, usage, anchors: anchor === undefined ? [] : [anchor] };
    await typed(() => verifyCertificateChain(certificate, options));
    await typed(() => verifyCertificateChain(certificate, { ...options, profile: "compatible" }));
    await typed(() => verifyCertificateChain(cert, { ...options, intermediates: [certificate] }));
    await typed(() =>
      verifyCertificateChain(certificate, { ...options, anchors: [trustAnchorOf(cert)] })
    );
  }
}

overCorpus(
  "parseCertificate() and verifyCertificateChain() meet a corpus with typed errors",
  "parse_certificate_fuzzer",
  6,
  async ({ data }, prng) => {
    await use(data);
    await use(mutate(prng, data));
  },
);

fuzz(
  "parseCertificate() and verifyCertificateChain() meet altered certificates with typed errors",
  150,
  async (prng) => {
    const { der } = prng.pick([CREDENTIALS.server, CREDENTIALS.client]).cert;
    await use(flip(prng, der));
    await use(mutate(prng, der));
  },
);

overCorpus(
  "decodePem() and parseCertificatesPem() meet a corpus with typed errors",
  "read_pem",
  1,
  async ({ data }, prng) => {
    for (const bytes of [data, mutate(prng, data)]) {
      const text = new TextDecoder("latin1").decode(bytes);
      for (const { label, der } of await typed(() => decodePem(text)) ?? []) {
        assertEquals(decodePem(encodePem(label, der))[0]?.der.toHex(), der.toHex());
      }
      await typed(() => parseCertificatesPem(text));
      await typed(() => importPrivateKey(text));
    }
  },
);

overCorpus(
  "importPrivateKey() meets a corpus with typed errors",
  "pkcs8",
  1,
  async ({ data }, prng) => {
    for (const bytes of [data, mutate(prng, data), mutate(prng, data)]) {
      await typed(async () => {
        const key = await importPrivateKey(bytes);
        await key.sign("ecdsa_secp256r1_sha256", new Uint8Array(1));
      }, NssError);
    }
  },
);
