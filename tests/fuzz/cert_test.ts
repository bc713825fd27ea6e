// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import {
  Certificate,
  parseCertificate,
  parseCertificatesPem,
} from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { decodePem, encodePem } from "../../cert/der/pem.ts";
import { subjectAltName } from "../../cert/extensions/alt_name.ts";
import { makeExtension } from "../../cert/extensions/extension.ts";
import type { CertProfile } from "../../cert/verify/check_certificate.ts";
import { checkNameConstraints } from "../../cert/verify/check_name_constraints.ts";
import { VerificationBudget } from "../../cert/verify/verification_budget.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../cert/verify/verify_cert.ts";
import { verifyCertName } from "../../cert/verify/verify_cert_name.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { accept, LENIENCIES, type Sample } from "../cert/_leniencies.ts";
import { issue } from "../cert/_support.ts";
import type { Prng } from "../support/prng.ts";
import { CREDENTIALS } from "./_sockets.ts";
import { assertTyped, type Bytes, flip, fuzz, mutate, overCorpus, typed } from "./_support.ts";

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

const SAMPLES = await Promise.all(LENIENCIES.map(({ make }) => make()));

/** A sample with one of its encodings altered, or nothing where that is no longer read. */
function alter(prng: Prng, sample: Sample): Sample | undefined {
  const change = (der: Bytes) => prng.pick([flip, mutate])(prng, der);
  if (sample.kind !== "chain") return { ...sample, der: change(sample.der) };
  const at = prng.integer(0, sample.certificates.length - 1);
  try {
    const altered = parseCertificate(change(sample.certificates[at]!.der));
    return { ...sample, certificates: sample.certificates.with(at, altered) };
  } catch (error) {
    assertTyped(error, NssError);
    return undefined;
  }
}

fuzz(
  "what is accepted leniently meets alterations with typed errors, and strict accepts no more",
  150,
  async (prng) => {
    const sample = alter(prng, prng.pick(SAMPLES));
    if (sample === undefined) return;
    const [strict, compatible] = await Promise.all(
      (["strict", "compatible"] as const).map((profile) =>
        typed(async () => {
          await accept(sample, profile);
          return true;
        })
      ),
    );
    assert(!strict || compatible, "strict accepts what compatible refuses");
  },
);

fuzz(
  "constraints on DNS names permit what is below them and nothing else, whatever their dots",
  200,
  async (prng) => {
    const text = (alphabet: readonly string[]) =>
      Array.from({ length: prng.integer(1, 6) }, () => prng.pick(alphabet)).join("");
    const value = text(["a", "b", ".", "."]);
    const name = text(["a", "b", "a.", "b."]).replace(/\.$/, "");
    const extensions = [makeExtension(subjectAltName, [{ type: "dns" as const, value: name }])];
    const { certificate } = await issue({ subject: "", extensions });
    const verdict = (profile: CertProfile): string => {
      try {
        checkNameConstraints(
          certificate,
          { permitted: [{ type: "dns", value }], excluded: [] },
          { commonName: false, budget: new VerificationBudget(), profile },
        );
        return "permitted";
      } catch (error) {
        assertTyped(error, NssError);
        return error instanceof NssError ? error.name : "";
      }
    };
    const isName = /^[ab]+(\.[ab]+)*$/.test(value);
    const isBelow = /^(\.[ab]+)+$/.test(value);
    const inside = isBelow ? name.endsWith(value) : name === value || name.endsWith(`.${value}`);
    const malformed = "SEC_ERROR_EXTENSION_VALUE_INVALID";
    const expected = inside ? "permitted" : "SEC_ERROR_CERT_NOT_IN_NAME_SPACE";
    assertEquals(verdict("compatible"), isName || isBelow ? expected : malformed, value);
    assertEquals(verdict("strict"), isName ? expected : malformed, value);
  },
);
