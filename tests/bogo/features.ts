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
    name: "early data",
    why: "not here yet; servers read past it, and those tests run",
    flags: [
      "-enable-early-data",
      "-expect-no-offer-early-data",
      "-expect-early-data-reason",
      "-expect-ticket-supports-early-data",
      "-expect-ticket-age-skew",
      "-expect-accept-early-data",
      "-expect-reject-early-data",
      "-early-write-after-message",
    ],
  },
  {
    name: "Encrypted Client Hello",
    why: "not here yet; tests of those who do not know it run",
    flags: [
      "-ech-config-list",
      "-ech-server-config",
      "-ech-server-key",
      "-ech-is-retry-config",
      "-enable-ech-grease",
      "-reject-unusable-ech-config",
      "-fail-early-callback-ech-rewind",
      "-expect-ech-accept",
      "-expect-ech-name-override",
      "-expect-no-ech-name-override",
      "-expect-ech-retry-configs",
      "-expect-no-ech-retry-configs",
    ],
    tests: [/^TLS-ECH-Server-ECHInner($|-HelloRetryRequest$|-NotEmpty$)/],
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

<<<<<<< HEAD
=======
/** What this package does otherwise than BoringSSL, on purpose. */
export const DEVIATIONS: readonly Exception[] = [
  {
    name: "a handshake with an external pre-shared key, which leaves no session to resume",
    why: "the session could outlive the removal of the key; the tests resume it",
    tests: [/^TLS-TLS12-ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256-(client|server|LargeRecord)$/],
  },
  {
    name: "a certificate that is none: bad_certificate, not decode_error",
    why: 'RFC 8446, Section 6.2: "A certificate was corrupt"',
    tests: [/^GarbageCertificate-/],
  },
  {
    name: "a binder that is too short for its vector: decode_error, not decrypt_error",
    why: "RFC 8446, Section 4.2.11: PskBinderEntry<32..255>",
    tests: [/^Resume-Server-BinderWrongLength/],
  },
  {
    name:
      "an extension that comes twice: decode_error in each message, not illegal_parameter in some",
    why:
      "RFC 8446, Section 4.2, names no alert; BoringSSL has decode_error in ClientHello and ServerHello, too",
    tests: [/^HelloRetryRequest-Duplicate/, /^TLS13-DuplicateTicketEarlyDataSupport$/],
  },
  {
    name: "a HelloRetryRequest that compresses: illegal_parameter, not decode_error",
    why: "RFC 8446, Section 4.1.3: the field parses, its value is not 0",
    tests: [/^TLS13-HRR-InvalidCompressionMethod$/],
  },
  {
    name: "key_share in EncryptedExtensions: illegal_parameter, not unsupported_extension",
    why: "RFC 8446, Section 4.2: one that is recognized and not specified for the message",
    tests: [/^EncryptedExtensionsWithKeyShare-/],
  },
  {
    name:
      "early data in the second ClientHello: illegal_parameter for the hello, before the data is looked at",
    why: "RFC 8446, Section 4.2.10",
    tests: [/^SkipEarlyData-SecondClientHelloEarlyData-/],
  },
  {
    name: "an error alert at the level of a warning, or of no level, ends the connection as any",
    why: "RFC 8446, Section 6: whatever the level; BoringSSL answers with an alert of its own",
    tests: [/^SendWarningAlerts-TLS13$/, /^SendBogusAlertType$/],
  },
  {
    name: "a renegotiation that is not wanted is declined by a warning, and the connection goes on",
    why: "RFC 5246, Section 7.2.2; BoringSSL ends the connection",
    tests: [
      /^Renegotiate-(Server-Forbidden|Client-Forbidden-1|ForbidAfterHandshake|Client-NoIgnore)$/,
    ],
  },
  {
    name: "until a renegotiation is complete the exporter goes by the handshake before",
    why: "its keys are the connection's; BoringSSL has none meanwhile",
    tests: [/^ExportKeyingMaterial-Renegotiate$/],
  },
  {
    name: "after a renegotiation what the server has stapled last counts",
    why: "as in NSS; BoringSSL keeps the first",
    tests: [/^Renegotiation-ChangeAuthProperties$/],
  },
  {
    name: "no resumption and no tls-unique without the extended master secret",
    why: "RFC 7627, Section 5.4",
    tests: [/^ExtendedMasterSecret-NoToNo-/, /^TLSUnique-Full-NoEMS-/],
  },
  {
    name: "what stands by override of a refusal is not resumed",
    why: "it must be decided anew each time",
    tests: [/^CertificateVerificationSoftFail-/],
  },
  {
    name: "`sessionTickets: false` turns session IDs off, too",
    why: "it is one option: no sessions",
    tests: [/^TLS12-NoTicket-NoMint$/],
  },
  {
    name: "a session may go on with another suite of the same hash",
    why: "RFC 8446, Section 4.2.11",
    tests: [/^Resume-Server-UnofferedCipher-TLS13$/],
  },
  {
    name: "a second ClientHello may leave its sessions out",
    why: "RFC 8446, Section 4.1.2, lets it remove some; a full handshake follows",
    tests: [/^Resume-Server-OmitPSKsOnSecondClientHello$/],
  },
  {
    name: "any group with a share goes before a round trip for a better one",
    why: "RFC 8446, Section 4.1.1, leaves it to the server",
    tests: [/^SendHelloRetryRequest-2-/],
  },
  {
    name: "change_cipher_spec goes only to clients with a session ID",
    why: "RFC 8446, Appendix D.4; BoringSSL sends it to all",
    tests: [/^EmptySessionID-TLS13$/, /^Server-JDK11-NoWorkaround-3$/],
  },
  {
    name: "a client whose key does not fit shows no certificate",
    why: "RFC 8446, Section 4.4.2; BoringSSL ends the handshake",
    tests: [/^Client-Sign-(RSA_PKCS1|ECDSA)_SHA\d+-TLS13$/],
  },
  {
    name: "signing and verifying go by one list of signature schemes",
    why: "as in NSS; BoringSSL has two",
    tests: [/^NoCommonAlgorithms(-TLS13)?$/, /^Server-VerifyDefault-(ECDSA_P521_SHA512|Ed25519)-/],
  },
  {
    name: "keyUsage is heeded in all versions",
    why: "RFC 5280, Section 4.2.1.3; BoringSSL does so in TLS 1.2 where told",
    tests: [/^RSAKeyUsage-Client-WantEncipherment-GotSignature-UnenforcedTLS12$/],
  },
  {
    name: "a client takes a certificate on a curve that it has not named, in TLS 1.2",
    why: "RFC 8422, Section 5.1.1, binds servers, ours too; what it can verify it may take",
    tests: [/^CheckLeafCurve$/],
  },
  {
    name: "a client of TLS 1.2 that names no groups is taken to have P-256",
    why: "RFC 8422, Section 4, lets the server choose",
    tests: [/^NoSupportedCurves$/],
  },
  {
    name: "the version of a record is not looked at",
    why: "RFC 8446, Section 5.1: ignored for all purposes",
    tests: [/^CheckRecordVersion-/],
  },
  {
    name: "chains of up to 16 certificates",
    why: "a bound on the work that a peer can make; the test has 51",
    tests: [/^LargeMessage$/],
  },
  {
    name: "no padding of hellos",
    why: "RFC 7685 offers it",
    tests: [/^ClientHelloPadding$/],
  },
];

>>>>>>> 2d3e49b (BoGo's tests of pre-shared keys, as far as their suite is here)
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
