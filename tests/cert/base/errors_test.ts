// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertInstanceOf, assertMatch } from "@std/assert";
import {
  type ErrorName,
  ERRORS,
  errorToName,
  errorToString,
  NssError,
} from "../../../cert/base/errors.ts";
import { SslError } from "../../../ssl/base/errors.ts";

const NAMES = Object.keys(ERRORS) as ErrorName[];

Deno.test("ERRORS gives each number once", () => {
  const codes = NAMES.map((name) => ERRORS[name][0]);
  assertEquals(new Set<number>(codes).size, codes.length);
});

Deno.test("ERRORS keeps each family in its own range without a hole", () => {
  const families = [
    { belongs: (name: string) => /^(SEC|XP)_/.test(name), base: -0x2000, count: 185 },
    { belongs: (name: string) => name.startsWith("SSL_"), base: -0x3000, count: 193 },
    { belongs: (name: string) => name.startsWith("PR_"), base: -6000, count: 76 },
  ];
  for (const { belongs, base, count } of families) {
    const codes: number[] = NAMES.filter(belongs).map((name) => ERRORS[name][0]);
    assertEquals(codes, Array.from({ length: count }, (_, i) => base + i));
  }
  assertEquals(NAMES.length, 185 + 193 + 76);
});

Deno.test("ERRORS has the numbers of NSS's headers", () => {
  const known = {
    SEC_ERROR_IO: -8192,
    SEC_ERROR_LIBRARY_FAILURE: -8191,
    SEC_ERROR_INVALID_ARGS: -8187,
    SEC_ERROR_BAD_DER: -8183,
    SEC_ERROR_BAD_SIGNATURE: -8182,
    SEC_ERROR_EXPIRED_CERTIFICATE: -8181,
    SEC_ERROR_REVOKED_CERTIFICATE: -8180,
    SEC_ERROR_UNKNOWN_ISSUER: -8179,
    SEC_ERROR_BAD_PASSWORD: -8177,
    SEC_ERROR_UNTRUSTED_ISSUER: -8172,
    SEC_ERROR_UNTRUSTED_CERT: -8171,
    SEC_ERROR_NO_KEY: -8166,
    SEC_ERROR_CA_CERT_INVALID: -8156,
    SEC_ERROR_INADEQUATE_KEY_USAGE: -8102,
    SEC_ERROR_INADEQUATE_CERT_TYPE: -8101,
    SEC_ERROR_OCSP_OLD_RESPONSE: -8060,
    SEC_ERROR_NOT_INITIALIZED: -8038,
    SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED: -8016,
    SEC_ERROR_LEGACY_DATABASE: -8015,
    SSL_ERROR_NO_CYPHER_OVERLAP: -12286,
    SSL_ERROR_NO_CERTIFICATE: -12285,
    SSL_ERROR_UNSUPPORTED_VERSION: -12279,
    SSL_ERROR_BAD_CERT_DOMAIN: -12276,
    SSL_ERROR_BAD_MAC_READ: -12273,
    SSL_ERROR_BAD_CERT_ALERT: -12271,
    SSL_ERROR_RX_RECORD_TOO_LONG: -12263,
    SSL_ERROR_HANDSHAKE_FAILURE_ALERT: -12227,
    SSL_ERROR_HANDSHAKE_NOT_COMPLETED: -12202,
    SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE: -12201,
    SSL_ERROR_UNKNOWN_CA_ALERT: -12195,
    SSL_ERROR_RENEGOTIATION_NOT_ALLOWED: -12176,
    SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL: -12158,
    SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT: -12107,
    SSL_ERROR_RX_MALFORMED_HYBRID_KEY_SHARE: -12096,
    PR_WOULD_BLOCK_ERROR: -5998,
    PR_NOT_IMPLEMENTED_ERROR: -5992,
    PR_IO_ERROR: -5991,
    PR_IO_TIMEOUT_ERROR: -5990,
    PR_INVALID_ARGUMENT_ERROR: -5987,
    PR_IS_CONNECTED_ERROR: -5984,
    PR_CONNECT_REFUSED_ERROR: -5981,
    PR_NOT_CONNECTED_ERROR: -5978,
    PR_CONNECT_RESET_ERROR: -5961,
    PR_END_OF_FILE_ERROR: -5938,
    PR_OPERATION_ABORTED_ERROR: -5935,
    PR_IN_PROGRESS_ERROR: -5934,
    PR_SOCKET_SHUTDOWN_ERROR: -5929,
    PR_CONNECT_ABORTED_ERROR: -5928,
    PR_CALL_ONCE_ERROR: -5925,
  } satisfies Partial<Record<ErrorName, number>>;
  for (const [name, code] of Object.entries(known)) {
    assertEquals<number>(ERRORS[name as ErrorName][0], code, name);
  }
});

Deno.test("ERRORS has messages in sentence case without a final period", () => {
  for (const name of NAMES) assertMatch(ERRORS[name][1], /^[A-Z].*[^.!\s]$/, name);
});

Deno.test("NssError carries name, number, message and cause", () => {
  const cause = new TypeError("inner");
  const error = new NssError("SEC_ERROR_BAD_DER", "Cannot parse certificate: it is empty", {
    cause,
  });
  assertInstanceOf(error, Error);
  assertEquals(error.name, "SEC_ERROR_BAD_DER");
  assertEquals(error.code, -8183);
  assertEquals(error.message, "Cannot parse certificate: it is empty");
  assertEquals(error.cause, cause);
  assertEquals(String(error), "SEC_ERROR_BAD_DER: Cannot parse certificate: it is empty");
});

Deno.test("NssError goes into JSON with its message, as its subclasses do", () => {
  const json = (error: NssError): unknown => JSON.parse(JSON.stringify({ error })).error;
  const [name, message] = ["SEC_ERROR_BAD_DER", "Cannot parse certificate: it is empty"] as const;
  const expected = { name, code: -8183, message };
  assertEquals(json(new NssError(name, message, { cause: new Error("inner") })), expected);
  assertEquals(json(new SslError(name, message)), {
    ...expected,
    alert: "bad_certificate",
    origin: "local",
    fault: "syntax",
  });
});

Deno.test("NssError escapes what a peer's text may do to a terminal or a log", () => {
  const message =
    'Cannot log in to token "\x1b[2J\r\nroot\u202e\u2028": Zürich \ud83d\ude00 is locked';
  assertEquals(
    new NssError("SEC_ERROR_LOCKED_PASSWORD", message).message,
    'Cannot log in to token "\\u{1b}[2J\\u{d}\\u{a}root\\u{202e}\\u{2028}": Zürich \ud83d\ude00 is locked',
  );
});

Deno.test("NssError takes the table's message by default", () => {
  const error = new NssError("SSL_ERROR_BAD_CERT_DOMAIN");
  assertEquals(error.message, "The certificate is not valid for the requested host name");
  assert(!("cause" in error));
});

Deno.test("errorToName() and errorToString() know every number of the table", () => {
  for (const name of NAMES) {
    const [code, message] = ERRORS[name];
    assertEquals(errorToName(code), name);
    assertEquals(errorToString(code), message);
  }
});

Deno.test("errorToName() and errorToString() say when a number is unknown", () => {
  for (const code of [0, 1, -1, -5924, -6001, -8193, -8007, -12289, -12095, NaN]) {
    assertEquals(errorToName(code), undefined);
    assertEquals(errorToString(code), `Unknown error ${code}`);
  }
});
