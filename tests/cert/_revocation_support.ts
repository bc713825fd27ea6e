// Copyright 2026 the NSS for Deno authors. MIT license.

/** An authority, a leaf and a responder for the tests of revocation. @module */

import { assert, assertRejects, assertThrows } from "@std/assert";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import {
  type CertificateIssuer,
  createCertificate,
  type CreateCertificateOptions,
} from "../../cert/create/create_certificate.ts";
import { createCrl, type CreateCrlOptions } from "../../cert/create/create_crl.ts";
import {
  createOcspResponse,
  type CreateOcspResponseOptions,
  type OcspStatusOptions,
} from "../../cert/create/create_ocsp_response.ts";
import type { Crl } from "../../cert/revocation/crl.ts";
import { constructedTag, contextTag, TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { type ErrorName, NssError } from "../../cert/base/errors.ts";
import { ocspCertIdOf, ocspKeyHash, writeOcspCertId } from "../../cert/revocation/ocsp_cert_id.ts";
import type { OcspResponse } from "../../cert/revocation/ocsp_response.ts";
import { OIDS } from "../../cert/der/oids.ts";
import { encodeSignedData } from "../../cert/create/signed_data.ts";
import { writeGeneralizedTime } from "../../cert/der/time.ts";
import { makeKeys, mutate, NOW, seeded, type TestKeyType } from "./_support.ts";

/** A day in milliseconds. */
export const DAY = 86_400_000;

/** A time some days from {@linkcode NOW}. */
export function days(count: number): Date {
  return new Date(NOW.getTime() + count * DAY);
}

/** A certificate with its keys. */
export interface Party extends CertificateIssuer {
  readonly publicKey: CreateCertificateOptions["publicKey"];
}

/** Makes a certificate that is valid for a year around {@linkcode NOW}. */
export async function party(
  options: Partial<CreateCertificateOptions> & { readonly keyType?: TestKeyType } = {},
): Promise<Party> {
  const { keyType, ...rest } = options;
  const { publicKey, privateKey } = await makeKeys(keyType);
  const certificate = await createCertificate({
    publicKey,
    ...(rest.issuer === undefined && { privateKey }),
    notBefore: days(-100),
    notAfter: days(265),
    ...rest,
  });
  return { certificate, privateKey, publicKey };
}

/** The parties of most tests; nobody changes them. */
export interface Pki {
  readonly root: Party;
  readonly intermediate: Party;
  readonly leaf: Party;
  readonly responder: Party;
}

let shared: Promise<Pki> | undefined;

/**
 * Gives the parties: the leaf is of the intermediate, that and the responder of the root and of it.
 */
export function pki(): Promise<Pki> {
  return shared ??= makePki();
}

async function makePki(): Promise<Pki> {
  const root = await party({ subject: "CN=Test Root", isCa: true });
  const intermediate = await party({ subject: "CN=Test CA", isCa: true, issuer: root });
  const [leaf, responder] = await Promise.all([
    party({ subject: "CN=example.com", dnsNames: ["example.com"], issuer: intermediate }),
    party({ subject: "CN=Test Responder", extKeyUsage: ["ocspSigning"], issuer: intermediate }),
  ]);
  return { root, intermediate, leaf, responder };
}

/** Makes a list of yesterday, good for a week. */
export function crlOf(
  issuer: CertificateIssuer,
  revoked: readonly Certificate[] = [],
  options: Partial<CreateCrlOptions> = {},
): Promise<Crl> {
  return createCrl({
    issuer,
    crlNumber: 1,
    thisUpdate: days(-1),
    nextUpdate: days(6),
    revoked: revoked.map(({ serialNumber }) => ({
      serialNumber,
      revocationDate: days(-2),
      reason: "keyCompromise" as const,
    })),
    ...options,
  });
}

/** What {@linkcode rawOcspResponse} makes; all of it may be wrong. */
export interface RawOcspResponse {
  readonly version?: number;
  readonly keyHash?: Uint8Array<ArrayBuffer>;
  readonly thisUpdate?: Date;
  readonly nextUpdate?: Date;
}

/** Makes a signed response of any form, that says that the leaf is good. */
export async function rawOcspResponse(
  options: RawOcspResponse = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const { intermediate, leaf } = await pki();
  const id = await ocspCertIdOf(leaf.certificate, intermediate.certificate);
  const keyHash = options.keyHash ?? await ocspKeyHash(intermediate.certificate);
  const basic = await encodeSignedData(
    { what: "test", privateKey: intermediate.privateKey, publicKey: intermediate.publicKey },
    () =>
      new DerWriter().sequence((w) => {
        const { version } = options;
        if (version !== undefined) w.constructed(constructedTag(0), (w) => w.integer(version));
        w.constructed(constructedTag(2), (w) => w.octetString(keyHash));
        writeGeneralizedTime(w, days(-1));
        w.sequence((w) => {
          w.sequence((w) => {
            writeOcspCertId(w, id);
            w.primitive(contextTag(0), new Uint8Array(0));
            writeGeneralizedTime(w, options.thisUpdate ?? days(-1));
            w.constructed(constructedTag(0), (w) => {
              writeGeneralizedTime(w, options.nextUpdate ?? days(1));
            });
          });
        });
      }),
  );
  return new DerWriter().sequence((w) => {
    w.integer(0, TAG.enumerated).constructed(constructedTag(0), (w) => {
      w.sequence((w) => w.oid(OIDS.ocspBasic).octetString(basic));
    });
  }).finish();
}

/** Checks that a promise rejects with an NssError of a name, whose message has a part. */
export async function assertRejectsWith(
  run: () => Promise<unknown>,
  name: ErrorName,
  part = "",
): Promise<NssError> {
  const error = await assertRejects(run, NssError, part);
  assert(error.name === name, `${error.name} is not ${name}: ${error.message}`);
  return error;
}

/** Checks that a function throws an NssError of a name, whose message has a part. */
export function assertThrowsWith(run: () => unknown, name: ErrorName, part = ""): void {
  const error = assertThrows(run, NssError, part);
  assert(error.name === name, `${error.name} is not ${name}: ${error.message}`);
}

/** Checks that a parser refuses every strict prefix, and more bytes than there are. */
export function assertWhole(
  der: Uint8Array<ArrayBuffer>,
  parse: (bytes: Uint8Array) => unknown,
): void {
  for (let length = 0; length < der.length; length++) {
    assertThrows(() => parse(der.subarray(0, length)), NssError);
  }
  const longer = new Uint8Array(der.length + 1);
  longer.set(der);
  assertThrows(() => parse(longer), NssError);
}

/** Checks that mutations are parsed, or refused with an NssError, and that some are refused. */
export function assertMutationsRefused(
  der: Uint8Array<ArrayBuffer>,
  parse: (bytes: Uint8Array<ArrayBuffer>) => unknown,
  count: number,
): void {
  const random = seeded(der.length);
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const mutated = mutate(der, random);
    try {
      parse(mutated);
    } catch (error) {
      assert(error instanceof NssError, `${error} of ${mutated.toHex()}`);
      refused++;
    }
  }
  assert(refused > count / 4, `only ${refused} of ${count} mutations are refused`);
}

/** Makes what makes OCSP responses: that a certificate is good, but for what is said otherwise. */
export function ocspFor(
  leaf: Party,
  issuer: Party,
): (
  single?: Partial<OcspStatusOptions>,
  options?: Partial<CreateOcspResponseOptions>,
) => Promise<OcspResponse> {
  return (single = {}, options = {}) =>
    createOcspResponse({
      issuer: issuer.certificate,
      responder: issuer,
      producedAt: days(-1),
      responses: [{ certificate: leaf.certificate, status: "good", ...single }],
      ...options,
    });
}
