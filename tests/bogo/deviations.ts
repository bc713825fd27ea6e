// Copyright 2026 the NSS for Deno authors. MIT license.

/** Tests that are not run, and why. */
export interface Exception {
  /** What they are about. */
  readonly name: string;
  /** Why it is not here, or what is here instead. */
  readonly why: string;
  /** The shim's flags that ask for it. */
  readonly flags?: readonly string[];
  /** The tests that need it. */
  readonly tests?: readonly RegExp[];
}

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
    name: "encrypted_client_hello in a ServerHello of TLS 1.2: illegal_parameter, as above",
    why: "RFC 8446, Section 4.2",
    tests: [/^TLS-ECH-(GREASE-)?Client-TLS12-RejectRetryConfigs$/],
  },
  {
    name: "a client whose configurations of Encrypted Client Hello are of no use sends no hello",
    why: "RFC 9849, Section 6.1, has it show the name; here the application decides that",
    tests: [
      /^TLS-ECH-Client-NoSupportedConfigs(-GREASE)?$/,
      /^TLS-ECH-Client-SkipInvalidPublicName$/,
    ],
  },
  {
    name: "keys of Encrypted Client Hello on P-256 are of use",
    why: "RFC 9180, Section 7.1; BoringSSL has X25519 alone",
    tests: [/^TLS-ECH-Client-SelectECHConfig$/],
  },
  {
    name:
      "early data in the second ClientHello: illegal_parameter for the hello, before the data is looked at",
    why: "RFC 8446, Section 4.2.10",
    tests: [/^SkipEarlyData-SecondClientHelloEarlyData-/],
  },
  {
    name: "a hello of TLS 1.3 with another legacy_version: protocol_version",
    why: "RFC 9846, Section 4.2.2; BoringSSL does not look at it",
    tests: [/^VersionTolerance-TLS13$/],
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
    name: "a client's sessions are bound to its list of protocols",
    why: "as to all that it offers: with another list there is a full handshake",
    tests: [/^EarlyData-ALPNPreferenceChanged-TLS13$/],
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
    flags: ["-expect-key-usage-invalid", "-ignore-rsa-key-usage"],
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
