// Copyright 2026 the NSS for Deno authors. MIT license.

/** What can be wrong with a server: why it is, why it matters, and what would fix it. @module */

/**
 * How bad it is: `bad` by anybody's measure; `forbidden` or `missing` by the preset; or `advice`,
 * which the verdict does not go by.
 */
export type Level = "bad" | "forbidden" | "missing" | "advice";

/** What is told of each finding of a kind. */
interface Row {
  /** The likely cause. */
  readonly cause: string;
  /** Why it matters. */
  readonly why: string;
  /** What would fix it. */
  readonly cure: string;
}

const OLD_SOFTWARE =
  "the server's software is old, or its list of cipher suites was written long ago";

/** The kinds of findings. */
export const FINDINGS = {
  "no-tls": {
    cause: "no TLS is spoken there",
    why: "no client of TLS can connect",
    cure: "look at the port, and at --starttls",
  },
  "old-version": {
    cause: "the list of versions was never shortened, or a library of old times sets it",
    why: "SSL 3.0 and TLS 1.0 and 1.1 have known attacks (POODLE, BEAST), rest on MD5 and SHA-1, " +
      "and are withdrawn (RFC 7568, RFC 8996)",
    cure: "nginx: ssl_protocols TLSv1.2 TLSv1.3; Apache: SSLProtocol -all +TLSv1.2 +TLSv1.3; " +
      "openssl: MinProtocol = TLSv1.2",
  },
  "other-version": {
    cause: "the server has this version for older clients",
    why: "the preset trusts no handshake of it: an attacker between may look for the weakest " +
      "version that both ends have",
    cure: "nginx: ssl_protocols TLSv1.3; or choose a preset that has it (--policy compatible)",
  },
  "no-version": {
    cause: "the software is too old, or its configuration leaves the version out",
    why: "clients of the preset cannot connect at all",
    cure: "enable it: nginx: ssl_protocols TLSv1.2 TLSv1.3; TLS 1.3 needs OpenSSL 1.1.1 or newer",
  },
  "no-tls13": {
    cause: "the software is too old, or its configuration leaves TLS 1.3 out",
    why: "TLS 1.3 is faster, hides certificates, and has none of the weak choices of TLS 1.2",
    cure: "nginx: ssl_protocols TLSv1.2 TLSv1.3, with OpenSSL 1.1.1 or newer",
  },
  "null": {
    cause: "a suite for tests was left on, or eNULL is in the list",
    why: "nothing is encrypted: everybody on the way reads it",
    cure: "openssl: add !eNULL to the list of ciphers",
  },
  "anonymous": {
    cause: "aNULL is in the list of ciphers",
    why: "the server shows no certificate: anybody can stand between",
    cure: "openssl: add !aNULL to the list of ciphers",
  },
  "export": {
    cause: OLD_SOFTWARE,
    why: "keys of 40 and 56 bits were made to be broken, and are (FREAK, Logjam)",
    cure: "openssl: add !EXPORT to the list of ciphers; update the software",
  },
  "rc4": {
    cause: OLD_SOFTWARE,
    why: "RC4 gives away what is sent often, as cookies (RFC 7465 forbids it)",
    cure: "openssl: add !RC4 to the list of ciphers",
  },
  "old-cipher": {
    cause: OLD_SOFTWARE,
    why: "DES, RC2, IDEA and GOST 28147 have short keys or blocks of 64 bits (Sweet32)",
    cure: "openssl: add !DES:!RC2:!IDEA to the list of ciphers",
  },
  "triple-des": {
    cause: OLD_SOFTWARE,
    why: "blocks of 64 bits repeat in long connections, and give away cookies (Sweet32)",
    cure: "openssl: add !3DES to the list of ciphers",
  },
  "no-forward-secrecy": {
    cause: "suites with RSA key transport, static Diffie-Hellman or pre-shared keys alone are on",
    why: "who gets the server's key later reads all that was recorded before; RSA key transport " +
      "is open to Bleichenbacher's attack besides (ROBOT)",
    cure: "openssl: add !kRSA:!kPSK to the list of ciphers, and put ECDHE first",
  },
  "cbc": {
    cause: "suites of CBC are on, for clients from before 2013",
    why: "MAC-then-encrypt has been broken again and again by timing (Lucky Thirteen, POODLE)",
    cure: "offer AES-GCM and ChaCha20-Poly1305 alone: nginx: ssl_ciphers ECDHE+AESGCM:" +
      "ECDHE+CHACHA20",
  },
  "other-suite": {
    cause: "the list of suites is longer than the preset's",
    why: "the preset has only suites that its source names",
    cure: "shorten the list: nginx: ssl_ciphers for TLS 1.2, ssl_conf_command Ciphersuites for " +
      "TLS 1.3",
  },
  "no-suite": {
    cause: "the list of suites leaves out all that the preset has",
    why: "clients of the preset cannot connect at all",
    cure: "enable ECDHE with AES-GCM, and TLS 1.3",
  },
  "weak-dh": {
    cause: "the server has an old file of Diffie-Hellman parameters, or none",
    why: "primes of 1024 bits and less can be broken by those who have the means (Logjam)",
    cure: "leave DHE out: openssl: !kDHE; or give it ffdhe2048: nginx: ssl_dhparam ffdhe2048.pem",
  },
  "other-group": {
    cause: "the list of groups is longer than the preset's",
    why: "the preset has only groups that its source names",
    cure: "nginx: ssl_ecdh_curve with the preset's groups; Apache: SSLOpenSSLConfCmd Groups",
  },
  "no-group": {
    cause: "the software is older than the preset's groups, or its configuration leaves them out",
    why: "clients of the preset cannot connect at all",
    cure: "nginx: ssl_ecdh_curve with one of the preset's groups; ML-KEM needs OpenSSL 3.5",
  },
  "no-post-quantum": {
    cause:
      "the software is older than ML-KEM: OpenSSL has it from 3.5 on, nginx with such an OpenSSL",
    why: "what is recorded today can be read by a quantum computer later",
    cure: "nginx: ssl_ecdh_curve X25519MLKEM768:X25519:prime256v1:secp384r1",
  },
  "weak-scheme": {
    cause: "the library's security level is low, or the software is old",
    why: "collisions of MD5 and SHA-1 can be made, which forges what they sign (SLOTH)",
    cure: "openssl: SignatureAlgorithms without SHA1 and SHA224, or SECLEVEL=2 in the ciphers",
  },
  "other-scheme": {
    cause: "the server signs in more ways than the preset has",
    why: "the preset has only schemes that its source names",
    cure: "openssl: SignatureAlgorithms with the preset's schemes alone",
  },
  "no-scheme": {
    cause: "the server's certificate has a key with which no scheme of the preset can be made",
    why: "clients of the preset cannot connect at all",
    cure: "have a certificate issued with a key that the preset allows",
  },
  "client-order": {
    cause: "the server follows the client's order",
    why: "a badly configured client gets a weak suite although both ends have a better one",
    cure: "nginx: ssl_prefer_server_ciphers on; Apache: SSLHonorCipherOrder on",
  },
  "no-secure-renegotiation": {
    cause: "the software is from before 2010",
    why: "somebody between can put text of his own before the client's (RFC 5746)",
    cure: "update the server's TLS library",
  },
  "client-renegotiation": {
    cause: "the server lets clients begin to renegotiate",
    why: "one client can keep the server busy with handshakes on one connection",
    cure: "openssl: NoRenegotiation in Options; or TLS 1.3 alone",
  },
  "compression": {
    cause: "the library was built with zlib, and compression was left on",
    why: "the length of what is compressed gives away cookies (CRIME)",
    cure: "openssl: Options = -Compression; Apache: SSLCompression off",
  },
  "no-fallback-scsv": {
    cause: "the software is from before 2015",
    why: "old clients that try again with an older version can be made to do so (POODLE)",
    cure: "update the server's TLS library, or have one version only",
  },
  "no-extended-master-secret": {
    cause: "the software is from before 2016, or has RFC 7627 switched off",
    why: "two connections can be given the same keys (triple handshake)",
    cure: "update the server's TLS library",
  },
  "no-encrypt-then-mac": {
    cause: "the library does not have RFC 7366, or has it switched off",
    why: "suites of CBC stay open to attacks by timing",
    cure: "openssl: Options = EncryptThenMac; better: no suites of CBC",
  },
  "heartbeat": {
    cause: "a library with the heartbeat extension, as OpenSSL 1.0.1",
    why: "nobody needs it for TCP, and Heartbleed was in its code (this program did not try that)",
    cure: "update OpenSSL",
  },
  "early-data": {
    cause: "the server gives tickets that allow early data (0-RTT)",
    why: "early data can be recorded and sent again: what changes something may happen twice",
    cure: "nginx: ssl_early_data off; or have the application look for $ssl_early_data",
  },
  "certificate": {
    cause: "the certificate, its chain or its name is not in order",
    why: "clients cannot know whom they talk to",
    cure: "nss client shows the chain, and what each certificate lacks",
  },
  "certificate-forbidden": {
    cause: "the certificate was issued with a key or a signature that the preset does not have",
    why: "clients of the preset do not take it",
    cure: "have another one issued, with a key that the preset allows",
  },
  "certificate-ends-soon": {
    cause: "it is to be renewed, or its renewal does not work",
    why: "clients refuse the server from that day on",
    cure: "renew it, and have the server load the new one",
  },
  "no-staple": {
    cause: "the server does not fetch the OCSP response of its certificate, or has not yet",
    why: "clients that look ask the authority themselves, which lets it know of their visits",
    cure: "nginx: ssl_stapling on; Apache: SSLUseStapling on",
  },
  "no-resumption": {
    cause: "neither tickets nor a session cache are on, or the machines behind the name share none",
    why: "each connection costs a full handshake",
    cure: "nginx: ssl_session_cache shared:SSL:10m; ssl_session_tickets on",
  },
  "intolerant": {
    cause: "the server, or something before it, reads ClientHellos too narrowly",
    why: "clients of today send such ClientHellos, and cannot connect",
    cure: "update the server's TLS library, and what stands before it (balancer, firewall)",
  },
} as const satisfies Readonly<Record<string, Row>>;

/** The name of a kind. */
export type FindingId = keyof typeof FINDINGS;

/** Something that is wrong with a server. */
export interface Finding {
  /** The kind. */
  readonly id: FindingId;
  /** How bad it is. */
  readonly level: Level;
  /** What was seen. */
  readonly says: string;
  /** The likely cause. */
  readonly cause: string;
  /** Why it matters. */
  readonly why: string;
  /** What would fix it. */
  readonly cure: string;
}

/** Makes a finding; what is known better than in general replaces it. */
export function finding(
  id: FindingId,
  level: Level,
  says: string,
  better: Partial<Row> = {},
): Finding {
  const { cause, why, cure } = { ...FINDINGS[id], ...better };
  return { id, level, says, cause, why, cure };
}
