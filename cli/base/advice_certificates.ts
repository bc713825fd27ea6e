// Copyright 2026 the NSS for Deno authors. MIT license.

/** Causes and cures of errors of certificates, files, keys and tokens. @module */

import type { ErrorName } from "../../cert/base/errors.ts";

/** The likely cause of an error, and what would fix it. */
export type Row = readonly [cause: string, cure: string];

const DAMAGED: Row = [
  "the file is damaged, cut short, or something else than it is taken for",
  "look at it with openssl asn1parse; fetch or export it anew",
];
const OLD_CLOCK = "the clock of one of the two machines is wrong, or the response is an old one";
const OCSP_SERVER: Row = [
  "the OCSP responder has a failure of its own",
  "try later; tell the authority that runs it",
];
const TOKEN_FAULT: Row = [
  "the PKCS#11 library, the token or its driver has failed",
  "look at the library's own log; take the token out and put it in again; try with pkcs11-tool",
];
/** A row of several errors. */
export const APPLICATION: Row = [
  "the program uses the API in a way that cannot work",
  "the message says which argument or call it is",
];
const WEAK: Row = [
  "the certificate uses an algorithm or a key that is no longer secure, or that a policy forbids",
  "have it issued anew with SHA-256 and RSA of 2048 bits, or ECDSA",
];
const PKCS12_OLD: Row = [
  "the file was made with an algorithm that is too old, too new or too weak",
  "export it anew with AES-256, as openssl pkcs12 -export or nss p12 export does",
];

/** The errors, each with its cause and its cure. */
export const CERTIFICATE_ADVICE: Partial<Record<ErrorName, Row>> = {
  // Certificates
  SEC_ERROR_EXPIRED_CERTIFICATE: [
    "the certificate has expired, is not valid yet, or the clock of this machine is wrong",
    "renew the certificate and have the server load it; look at the clock",
  ],
  SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE: [
    "an intermediate or root certificate in the chain has expired",
    "have the server send the authority's current intermediate certificate",
  ],
  SEC_ERROR_UNKNOWN_ISSUER: [
    "the server does not send its intermediate certificate, or its root is private or not trusted",
    "have the server send its whole chain; name a private root by caCerts, or --ca",
  ],
  SEC_ERROR_UNTRUSTED_ISSUER: [
    "the issuer is marked as distrusted: in the database, or by the platform",
    "get a certificate of another authority; if the mark is wrong, change it with nss cert trust",
  ],
  SEC_ERROR_UNTRUSTED_CERT: [
    "the certificate is marked as distrusted in the database",
    "get another one; if the mark is wrong, change it with nss cert trust",
  ],
  SSL_ERROR_BAD_CERT_DOMAIN: [
    "the certificate is for other names than the one that was connected to",
    "connect by a name that it has, or have one issued for this name",
  ],
  SEC_ERROR_REVOKED_CERTIFICATE: [
    "its authority has revoked the certificate: its key may be known to others, or it was replaced",
    "get a new certificate with a new key, and have the server load it",
  ],
  SEC_ERROR_REVOKED_CERTIFICATE_CRL: [
    "the authority's revocation list names the certificate",
    "get a new certificate with a new key, and have the server load it",
  ],
  SEC_ERROR_REVOKED_CERTIFICATE_OCSP: [
    "the authority's OCSP response says that the certificate is revoked",
    "get a new certificate with a new key, and have the server load it",
  ],
  SEC_ERROR_REVOKED_KEY: [
    "the key of the certificate is on a list of keys that are known to others",
    "make a new key, and have a certificate issued for it",
  ],
  SEC_ERROR_CA_CERT_INVALID: [
    "a certificate that has issued another one is not that of an authority (basicConstraints)",
    "issue the authority's certificate as one: nss cert self-sign --ca",
  ],
  SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID: [
    "an authority has more authorities below it than its certificate allows (pathLenConstraint)",
    "issue its certificate with a larger path length, or leave out an intermediate",
  ],
  SEC_ERROR_CERT_NOT_IN_NAME_SPACE: [
    "an authority in the path may not certify this name (nameConstraints)",
    "have the certificate issued by an authority that may, or issue that authority anew",
  ],
  SEC_ERROR_INADEQUATE_KEY_USAGE: [
    "the certificate's keyUsage does not allow what it is used for",
    "have it issued with digitalSignature for servers and clients, keyCertSign for authorities",
  ],
  SEC_ERROR_INADEQUATE_CERT_TYPE: [
    "the certificate's extKeyUsage does not have this purpose, as a client's shown by a server",
    "have it issued with serverAuth for servers, clientAuth for clients",
  ],
  SEC_ERROR_CERT_USAGES_INVALID: [
    "the certificate is good for none of the usages that were asked for",
    "verify each usage by itself to see why",
  ],
  SEC_ERROR_CERT_NOT_VALID: ["the certificate is not valid for this use", "the message says why"],
  SEC_ERROR_CERT_ADDR_MISMATCH: [
    "the e-mail address in the certificate is another one",
    "have a certificate issued for this address",
  ],
  SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION: [
    "the certificate has a critical extension that this package does not understand",
    "have it issued without, or with the extension not critical",
  ],
  SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED: WEAK,
  SEC_ERROR_SIGNATURE_ALGORITHM_DISABLED: WEAK,
  SSL_ERROR_WEAK_SERVER_CERT_KEY: WEAK,
  SSL_ERROR_WEAK_SERVER_EPHEMERAL_DH_KEY: [
    "the server's Diffie-Hellman group is too small",
    "enable ECDHE at the server",
  ],
  SSL_ERROR_DH_KEY_TOO_LONG: ["the peer's Diffie-Hellman group is too large", "enable ECDHE"],
  SEC_ERROR_ALGORITHM_MISMATCH: [
    "the certificate names two different signature algorithms: the software that made it is broken",
    "have it issued anew by other software",
  ],
  SEC_ERROR_BAD_SIGNATURE: [
    "the data was changed after it was signed, or another key has signed it",
    "fetch it anew; two authorities of the same name with different keys look like this, too",
  ],
  SEC_ERROR_BAD_KEY: ["the public key is invalid, perhaps on purpose", "make a new key"],
  SEC_ERROR_POLICY_VALIDATION_FAILED: [
    "no certificate policy is valid along the whole path",
    "ask for another policy, or have the authorities' certificates issued with it",
  ],
  SEC_ERROR_INVALID_POLICY_MAPPING: [
    "an authority's certificate maps anyPolicy, which RFC 5280 forbids",
    "have it issued anew",
  ],
  SEC_ERROR_OUT_OF_SEARCH_LIMITS: [
    "the peer has sent so many certificates that the search for a path was given up",
    "have it send its own chain only",
  ],
  SEC_ERROR_APPLICATION_CALLBACK_ERROR: [
    "the program's own check has refused the certificate",
    "look into its authCertificate hook",
  ],
  SEC_ERROR_UNKNOWN_SIGNER: [
    "the certificate of the signer is not at hand",
    "give it beside what it has signed",
  ],
  // Revocation
  SEC_ERROR_CRL_EXPIRED: [
    "the authority has not published a new list in time, or an old one was given",
    "fetch the current list; tell the authority",
  ],
  SEC_ERROR_OLD_CRL: [
    "a newer list of the authority is stored already",
    "import its current list; nss crl delete takes out the one that is stored",
  ],
  SEC_ERROR_CRL_NOT_YET_VALID: [OLD_CLOCK, "look at the clocks"],
  SEC_ERROR_CRL_NOT_FOUND: [
    "a status is demanded, and neither a list nor an OCSP response is to be had",
    "give the list by --crl; have the server staple an OCSP response; or demand no status",
  ],
  SEC_ERROR_CRL_BAD_SIGNATURE: [
    "the list was changed, or another authority has made it",
    "fetch it anew from its distribution point",
  ],
  SEC_ERROR_CRL_INVALID: DAMAGED,
  SEC_ERROR_CRL_INVALID_VERSION: DAMAGED,
  SEC_ERROR_CRL_V1_CRITICAL_EXTENSION: DAMAGED,
  SEC_ERROR_CRL_UNKNOWN_CRITICAL_EXTENSION: [
    "the list has a critical extension that is not understood, so it cannot be relied on",
    "use OCSP instead",
  ],
  SEC_ERROR_OCSP_OLD_RESPONSE: [
    "the server staples an OCSP response that it has not renewed, or the clock is wrong",
    "have the server fetch a new response; look at the clock",
  ],
  SEC_ERROR_OCSP_FUTURE_RESPONSE: [OLD_CLOCK, "look at the clocks"],
  SEC_ERROR_OCSP_UNKNOWN_CERT: [
    "the responder does not know the certificate: it is very new, or not of this authority",
    "try later; ask the authority",
  ],
  SEC_ERROR_OCSP_SERVER_ERROR: OCSP_SERVER,
  SEC_ERROR_OCSP_TRY_SERVER_LATER: OCSP_SERVER,
  SEC_ERROR_OCSP_UNKNOWN_RESPONSE_STATUS: OCSP_SERVER,
  SEC_ERROR_OCSP_BAD_HTTP_RESPONSE: OCSP_SERVER,
  SEC_ERROR_OCSP_MALFORMED_REQUEST: OCSP_SERVER,
  SEC_ERROR_OCSP_UNAUTHORIZED_REQUEST: OCSP_SERVER,
  SEC_ERROR_OCSP_REQUEST_NEEDS_SIG: [
    "the responder answers signed requests only",
    "use a revocation list instead",
  ],
  SEC_ERROR_OCSP_UNKNOWN_RESPONSE_TYPE: DAMAGED,
  SEC_ERROR_OCSP_MALFORMED_RESPONSE: DAMAGED,
  SEC_ERROR_OCSP_BAD_SIGNATURE: [
    "the response was changed, or another responder has made it",
    "have the server fetch a new one",
  ],
  SEC_ERROR_OCSP_UNAUTHORIZED_RESPONSE: [
    "who has signed the response may not speak for the issuer of the certificate",
    "look at the address of the responder; tell the authority",
  ],
  SEC_ERROR_OCSP_INVALID_SIGNING_CERT: [
    "the responder's own certificate is not valid",
    "tell the authority",
  ],
  SEC_ERROR_CERT_BAD_ACCESS_LOCATION: ["the address of the responder is malformed", "use a CRL"],
  SEC_ERROR_BAD_INFO_ACCESS_LOCATION: DAMAGED,
  SEC_ERROR_BAD_INFO_ACCESS_METHOD: DAMAGED,
  SEC_ERROR_UNKNOWN_AIA_LOCATION_TYPE: DAMAGED,
  SSL_ERROR_RX_UNEXPECTED_CERT_STATUS: [
    "the server staples an OCSP response that was not asked for, or in the wrong place",
    "tell those who run it",
  ],
  // Files and data
  SEC_ERROR_BAD_DATA: DAMAGED,
  SEC_ERROR_BAD_DER: DAMAGED,
  SEC_ERROR_EXTRA_INPUT: DAMAGED,
  SEC_ERROR_INVALID_TIME: DAMAGED,
  SEC_ERROR_UNRECOGNIZED_OID: DAMAGED,
  SEC_ERROR_EXTENSION_VALUE_INVALID: DAMAGED,
  SEC_ERROR_EXTENSION_NOT_FOUND: [
    "the certificate does not have what was asked for",
    "look at it with nss cert show",
  ],
  SEC_ERROR_INVALID_AVA: [
    "a distinguished name cannot be read",
    'write it as "CN=example.com,O=Example"; a comma in a value is written \\,',
  ],
  SEC_ERROR_INVALID_ALGORITHM: [
    "the algorithm is not known, or does not fit the key",
    "choose another, or another key",
  ],
  SEC_ERROR_UNSUPPORTED_KEYALG: [
    "the kind of key is not supported, as DSA, Ed448 or an explicit curve",
    "use RSA, P-256, P-384, P-521, Ed25519 or ML-DSA",
  ],
  SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE: [
    "WebCrypto does not have this curve",
    "use P-256, P-384, P-521 or Ed25519",
  ],
  SEC_ERROR_UNSUPPORTED_EC_POINT_FORM: DAMAGED,
  SEC_ERROR_OUTPUT_LEN: APPLICATION,
  SEC_ERROR_INPUT_LEN: APPLICATION,
  SEC_ERROR_INVALID_ARGS: APPLICATION,
  PR_INVALID_ARGUMENT_ERROR: APPLICATION,
  SEC_ERROR_PKCS12_DECODING_PFX: DAMAGED,
  SEC_ERROR_PKCS12_CORRUPT_PFX_STRUCTURE: DAMAGED,
  SEC_ERROR_PKCS12_UNSUPPORTED_VERSION: DAMAGED,
  SEC_ERROR_PKCS12_INVALID_MAC: [
    "the password is wrong, or the file is damaged",
    "look at the password (case, layout of the keyboard, a line end in its file)",
  ],
  SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT: [
    "the password is wrong, or the file has two different ones",
    "look at the password",
  ],
  SEC_ERROR_PKCS12_UNSUPPORTED_MAC_ALGORITHM: PKCS12_OLD,
  SEC_ERROR_PKCS12_UNSUPPORTED_PBE_ALGORITHM: PKCS12_OLD,
  SEC_ERROR_PKCS12_UNSUPPORTED_TRANSPORT_MODE: [
    "the file is encrypted to a public key, not under a password",
    "export it anew under a password",
  ],
  SEC_ERROR_PKCS12_UNABLE_TO_IMPORT_KEY: [
    "the token takes no keys, or not this kind",
    "import it into another token",
  ],
  SEC_ERROR_PKCS12_IMPORTING_CERT_CHAIN: DAMAGED,
  // Keys, tokens and databases
  SEC_ERROR_NO_KEY: [
    "the certificate is there and its private key is not",
    "import the key (nss p12 import), or open the token that has it",
  ],
  SEC_ERROR_INVALID_KEY: ["the key cannot do this, or must not leave its token", "use another key"],
  SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY: [
    "the token lets no private key go",
    "export the certificate alone, or the key with the token's own program",
  ],
  SEC_ERROR_KEYGEN_FAIL: ["the token cannot make a key of this kind", "choose another kind"],
  SEC_ERROR_UNKNOWN_CERT: [
    "no certificate has this name here",
    "nss cert list shows those that are there; look at the spelling and at --db",
  ],
  SEC_ERROR_CERT_NICKNAME_COLLISION: ["another certificate has this nickname", "choose another"],
  SEC_ERROR_BAD_NICKNAME: ["the nickname is taken or ambiguous", "choose another"],
  SEC_ERROR_REUSED_ISSUER_AND_SERIAL: [
    "an authority has issued two certificates with one serial number",
    "have one of them issued anew; delete the old one from the database",
  ],
  SEC_ERROR_ADDING_CERT: ["the token takes no certificates", "use another token"],
  SEC_ERROR_BAD_PASSWORD: ["the password is wrong", "look at case and layout of the keyboard"],
  SEC_ERROR_INVALID_PASSWORD: [
    "the token does not take this as a new password: it is too short or too simple",
    "choose a longer one",
  ],
  SEC_ERROR_EXPIRED_PASSWORD: ["the token's PIN has expired", "change it"],
  SEC_ERROR_LOCKED_PASSWORD: [
    "the PIN was wrong too often, and the token is locked",
    "have its security officer set a new PIN",
  ],
  SEC_ERROR_TOKEN_NOT_LOGGED_IN: [
    "the token gives its keys after a login only",
    "give the password: setPasswordFunc, or --password-file",
  ],
  SEC_ERROR_USER_CANCELLED: ["nobody has given the password", "give it"],
  SEC_ERROR_NO_TOKEN: [
    "the token is not there, or was never initialized",
    "put it in; initialize it with the token's own program",
  ],
  SEC_ERROR_NO_MODULE: ["no module can do this", "load the PKCS#11 library that can"],
  SEC_ERROR_NO_EVENT: ["no token was put in or taken out", "nothing: it is no failure"],
  SEC_ERROR_BAD_DATABASE: [
    "the database is damaged, or something else than NSS's",
    "copy it away, and make a new one; certutil -L shows whether NSS can read it",
  ],
  SEC_ERROR_LEGACY_DATABASE: [
    "the database has the old form (cert8.db)",
    "convert it: certutil --upgrade-merge, or certutil -L -d sql:DIR",
  ],
  SEC_ERROR_READ_ONLY: [
    "the database was opened for reading only, or its files may not be written",
    "open it for writing; look at the owner and the permissions of its files",
  ],
  SEC_ERROR_IO: [
    "the database or token cannot be read or written: another program has locked it, or the disk is full",
    "end the other program; look at the disk and at permissions",
  ],
  SEC_ERROR_BUSY: ["something is still in use", "close sockets and tokens first"],
  SEC_ERROR_NOT_INITIALIZED: ["the library was not initialized", "call init first"],
  SEC_ERROR_INVALID_STATE: APPLICATION,
  SEC_ERROR_INCOMPATIBLE_PKCS11: TOKEN_FAULT,
  SEC_ERROR_PKCS11_GENERAL_ERROR: TOKEN_FAULT,
  SEC_ERROR_PKCS11_FUNCTION_FAILED: TOKEN_FAULT,
  SEC_ERROR_PKCS11_DEVICE_ERROR: TOKEN_FAULT,
  SEC_ERROR_UNKNOWN_PKCS11_ERROR: TOKEN_FAULT,
  PR_LOAD_LIBRARY_ERROR: [
    "the library is not there, is for another processor, or Deno may not load it",
    "look at its path; give --allow-ffi",
  ],
  PR_FIND_SYMBOL_ERROR: ["the library is none of PKCS#11's", "look at its path"],
  PR_FILE_NOT_FOUND_ERROR: ["there is no such file", "look at its path"],
  PR_NAME_TOO_LONG_ERROR: ["the path is too long", "use a shorter one"],
  PR_NO_ACCESS_RIGHTS_ERROR: [
    "this user, or Deno's permissions, do not allow it",
    "give the permission that the message names",
  ],
};
