// Copyright 2026 the NSS for Deno authors. MIT license.

import { DEVIATIONS, type Exception } from "./deviations.ts";
import { parseFlags, scopedFlag, UnknownFlagError } from "./flags.ts";
import type { RunnerTest } from "./runner.ts";

/** What this package has not got. A test counts for the first feature that it needs. */
export const ABSENT_FEATURES: readonly Exception[] = [
  { name: "DTLS", why: "streams only", flags: ["-dtls", "-mtu", "-initial-timeout-duration-ms"] },
  {
    name: "QUIC",
    why: "streams only",
    flags: [
      "-quic",
      "-quic-transport-params",
      "-quic-use-legacy-codepoint",
      "-expect-quic-transport-params",
      "-quic-early-data-context",
    ],
  },
  {
    name: "TLS before 1.2",
    why: "deprecated by RFC 8996",
    tests: [
      /^(?!MinimumVersion-(Client|Server)2?-TLS1[23]-).*(-|^|Unenforced|Enforced|Encipherment|Signature)TLS1[01]?(-|$)/,
      /^Renegotiate-SameClientVersion$/,
      /^ConflictingVersionNegotiation$/,
    ],
  },
  {
    name: "hellos of SSL 2.0",
    why: "refused, as RFC 6176 wants it",
    tests: [/^SendV2ClientHello/],
  },
  {
    name: "early data in the middle of a handshake",
    why: "it is given as a whole before the handshake",
    flags: ["-early-write-after-message"],
  },
  {
    name: "calls of BoringSSL's about Encrypted Client Hello",
    why: "the hooks see one hello; configurations of no use are always refused",
    flags: ["-fail-early-callback-ech-rewind"],
  },
  {
    name: "certificate compression",
    why: "not here (RFC 8879)",
    flags: ["-install-cert-compression-algs", "-install-one-cert-compression-alg"],
    tests: [/^DuplicateCertCompressionExt-/],
  },
  {
    name: "delegated credentials",
    why: "not here (RFC 9345)",
    flags: ["-delegated-credential", "-new-delegated-credential"],
  },
  {
    name: "PSK credentials of the newest runners",
    why: "imported keys are here; the shim does not drive them yet",
    flags: [
      "-new-psk-credential",
      "-psk-importer-key",
      "-psk-importer-identity",
      "-psk-importer-context",
      "-psk-importer-sha256",
      "-psk-importer-sha384",
    ],
  },
  {
    name: "passwords (SPAKE2+)",
    why: "a draft; WebCrypto does not add points",
    flags: [
      "-new-spake2plusv1-credential",
      "-pake-context",
      "-pake-client-id",
      "-pake-server-id",
      "-pake-password",
      "-wrong-pake-role",
    ],
  },
  {
    name: "identifiers of trust anchors",
    why: "a draft",
    flags: [
      "-cert-properties",
      "-available-trust-anchors",
      "-requested-trust-anchors",
      "-expect-peer-available-trust-anchors",
      "-expect-peer-match-trust-anchor",
      "-expect-no-peer-match-trust-anchor",
    ],
  },
  {
    name: "padding that the server is asked for",
    why: "a draft",
    flags: [
      "-request-server-padding",
      "-server-supports-padding",
      "-expect-server-sent-requested-padding",
    ],
  },
  {
    name: "sessions for other names",
    why: "a draft; sessions belong to the name that was verified",
    flags: [
      "-resumption-across-names-enabled",
      "-expect-resumable-across-names",
      "-expect-not-resumable-across-names",
    ],
  },
  {
    name: "False Start",
    why: "not here (RFC 7918)",
    flags: ["-false-start", "-allow-false-start-without-alpn"],
  },
  {
    name: "pre-shared keys with AES-CBC, or without a key exchange",
    why: "of TLS 1.2 only ECDHE_PSK with ChaCha20-Poly1305 is here",
    tests: [
      /^TLS-TLS12-(ECDHE_)?PSK_WITH_AES_/,
      /^EmptyPSKHint-/,
      /^(EmptyECDHE|ExplicitEmpty)PSKHint$/,
      /^ClientAuth-(ECDHE_)?PSK$/,
    ],
  },
  { name: "SRTP", why: "it is for DTLS", flags: ["-srtp-profiles"] },
  {
    name: "ALPS",
    why: "an expired draft",
    flags: [
      "-application-settings",
      "-expect-peer-application-settings",
      "-alps-use-new-codepoint",
      "-defer-alps",
    ],
  },
  {
    name: "NPN",
    why: "ALPN took its place",
    flags: [
      "-advertise-npn",
      "-advertise-empty-npn",
      "-select-next-proto",
      "-select-empty-next-proto",
      "-expect-next-proto",
      "-expect-no-next-proto",
    ],
  },
  {
    name: "Channel ID",
    why: "an expired draft",
    flags: [
      "-enable-channel-id",
      "-send-channel-id",
      "-expect-channel-id",
      "-verify-peer-if-no-obc",
    ],
  },
  {
    name: "RSA key transport, 3DES, NULL",
    why: "WebCrypto has none of them",
    flags: ["-cbc-record-splitting"],
    tests: [
      /^TLS-TLS12-RSA_WITH_/,
      /^Basic-(Client|Server)-RSA-/,
      /^NoCommonCurves$/,
      /^SendClientVersion-RSA$/,
      /^Renegotiate-Client-SwitchCiphers2?$/,
      /^RSAKeyUsage-Client-Want(Encipherment|Signature)-GotEncipherment(TLS12|-UnenforcedTLS12)$/,
    ],
  },
  {
    name: "P-224",
    why: "WebCrypto does not have it",
    tests: [
      /ECDSA_P224_SHA256-TLS12$/,
      /-Sign-ECDSA_P224_SHA256-TLS13$/,
      /^CurveTest-(Client|Server)-P-224-/,
    ],
  },
  {
    name: "CECPQ2, Kyber's drafts",
    why: "experiments that are over; X25519MLKEM768 is here",
    tests: [
      /^CurveTest-(Client|Server)-CECPQ2-/,
      /^JustConfiguring(CECPQ2|Kyber)Works$/,
      /^NotJust(CECPQ2|Kyber)KeyShare$/,
      /^KyberKeyShareIncluded(Second|Third)$/,
      /^TLS13-CipherPreference-CECPQ2-(AES128Only|AES256Preferred)$/,
    ],
  },
  {
    name: "SHA-1 in handshake signatures",
    why: "deprecated by RFC 9155",
    tests: [
      /-(Sign|Sign-Negotiate|Verify|InvalidSignature)-(RSA_PKCS1|ECDSA)_SHA1-TLS12$/,
      /-VerifyDefault-RSA_PKCS1_SHA1-TLS12$/,
      /^ServerAuth-SHA1-Fallback-/,
      /^(Omit|Empty)Extensions-ClientHello-TLS12$/,
      /^Agree-Digest-SHA1$/,
    ],
  },
  {
    name: "split handshakes and hints",
    why: "of BoringSSL's own",
    flags: [
      "-handoff",
      "-handshake-hints",
      "-allow-hint-mismatch",
      "-handshaker-path",
      "-handshaker-resume",
    ],
    tests: [/HintMismatch/],
  },
  {
    name: "verification anew at resumption",
    why: "sessions are bound to the configuration that verified them",
    flags: ["-reverify-on-resume"],
  },
  {
    name: "tickets under keys of the application's, or made by it",
    why: "keys are made and rotated by the cache",
    flags: [
      "-ticket-key",
      "-use-ticket-callback",
      "-use-ticket-aead-callback",
      "-renew-ticket",
      "-skip-ticket",
    ],
  },
  {
    name: "renegotiation once, or by the application's call",
    why:
      "ENABLE_RENEGOTIATION has NSS's values; a peer's is counted without application data between",
    flags: ["-renegotiate-once", "-renegotiate-explicit"],
  },
  {
    name: "a workaround for the TLS 1.3 of JDK 11",
    why: "of BoringSSL's own",
    flags: ["-jdk11-workaround"],
    tests: [/^Client-RejectJDK11DowngradeRandom$/],
  },
  {
    name: "suites by OpenSSL's strings, or by what the processor is good at",
    why: "suites go by their names, in the order that is set",
    flags: ["-cipher", "-expect-cipher-aes", "-expect-cipher-no-aes"],
  },
  {
    name: "groups of equal preference, or by what a server is known to have",
    why: "the client's shares and the server's order decide",
    flags: ["-curves-flags", "-server-supported-groups-hint"],
  },
  {
    name: "a first hello without a key share",
    why: "it only costs a round trip: an empty list is no option here",
    flags: ["-no-key-shares"],
  },
  {
    name: "BoringSSL's compliance policies",
    why: "presets here have lists of their own, with other names and sources",
    flags: ["-fips-202205", "-wpa-202304", "-cnsa-202407", "-cnsa1-202603", "-cnsa2-202603"],
  },
  {
    name: "other calls of BoringSSL's",
    why:
      "NSS has none of them: peeking, alerts of the application's, limits of fragments and chains",
    flags: [
      "-peek-then-read",
      "-send-alert",
      "-max-send-fragment",
      "-max-cert-list",
      "-retain-only-sha256-client-cert",
      "-allow-unknown-alpn-protos",
      "-expect-certificate-types",
      "-expect-sha256-client-cert",
      "-no-server-name-ack",
      "-handshake-never-done",
      "-fuzzer-mode",
      "-wait-for-debugger",
    ],
  },
];

/** Why a test is not run; `null` for one that is to pass. */
export function exceptionOf({ name, args }: RunnerTest): Exception | null {
  const flags = args.map((arg) => scopedFlag(arg).flag);
  for (const exception of [...ABSENT_FEATURES, ...DEVIATIONS]) {
    if (exception.flags?.some((flag) => flags.includes(flag))) return exception;
    if (exception.tests?.some((pattern) => pattern.test(name))) return exception;
  }
  return null;
}

/**
 * The flags of a test that the shim would have to know and does not; `null` where there is none.
 */
export function unknownFlag({ args }: RunnerTest): string | null {
  try {
    parseFlags(args);
    return null;
  } catch (error) {
    if (error instanceof UnknownFlagError) return error.message;
    throw error;
  }
}
