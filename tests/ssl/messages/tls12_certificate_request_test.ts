// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  ClientCertificateType,
  encodeTls12CertificateRequest,
  parseTls12CertificateRequest,
  type Tls12CertificateRequest,
} from "../../../ssl/messages/tls12_certificate_request.ts";
import { assertRefused } from "./refused.ts";

const REQUEST: Tls12CertificateRequest = {
  certificateTypes: [ClientCertificateType.rsaSign, ClientCertificateType.ecdsaSign],
  supportedSignatureAlgorithms: [0x0403, 0x0804],
  certificateAuthorities: [Uint8Array.of(0x30, 0)],
};

Deno.test("encodeTls12CertificateRequest() writes what RFC 5246 says", () => {
  const body = Uint8Array.of(2, 1, 64, 0, 4, 4, 3, 8, 4, 0, 4, 0, 2, 0x30, 0);
  assertEquals(encodeTls12CertificateRequest(REQUEST), body);
  assertEquals(parseTls12CertificateRequest(body), REQUEST);
});

Deno.test("encodeTls12CertificateRequest() holds each field to its bounds, at n and n+1", () => {
  const zeros = (length: number) => new Array<number>(length).fill(0);
  const names = (length: number) => [new Uint8Array(length)];
  const cases: readonly (readonly [Partial<Tls12CertificateRequest>, boolean])[] = [
    [{ certificateTypes: zeros(1) }, true],
    [{ certificateTypes: zeros(0) }, false],
    [{ certificateTypes: zeros(255) }, true],
    [{ certificateTypes: zeros(256) }, false],
    [{ supportedSignatureAlgorithms: zeros(1) }, true],
    [{ supportedSignatureAlgorithms: zeros(0) }, false],
    [{ supportedSignatureAlgorithms: zeros(0x7fff) }, true],
    [{ supportedSignatureAlgorithms: zeros(0x8000) }, false],
    [{ certificateAuthorities: [] }, true],
    [{ certificateAuthorities: names(0) }, false],
    [{ certificateAuthorities: names(0xfffd) }, true],
    [{ certificateAuthorities: names(0xfffe) }, false],
  ];
  for (const [fields, fits] of cases) {
    const request = { ...REQUEST, ...fields };
    const encode = () => encodeTls12CertificateRequest(request);
    if (fits) assertEquals(parseTls12CertificateRequest(encode()), request);
    else assertThrows(encode, RangeError);
  }
});

Deno.test("parseTls12CertificateRequest() refuses empty and odd lists", () => {
  for (
    const body of [
      [0, 0, 2, 4, 3, 0, 0], // no types
      [1, 1, 0, 0, 0, 0], // no algorithms
      [1, 1, 0, 3, 4, 3, 4, 0, 0], // half an algorithm
      [1, 1, 0, 2, 4, 3, 0, 2, 0, 0], // an empty name
    ]
  ) {
    assertRefused(
      () => parseTls12CertificateRequest(Uint8Array.from(body)),
      "SSL_ERROR_RX_MALFORMED_CERT_REQUEST",
      "decode_error",
    );
  }
});
