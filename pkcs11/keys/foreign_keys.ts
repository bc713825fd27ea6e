// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import { unsupportedKeyName } from "../../cert/der/oids.ts";

/** A form of key files that is not read: what begins like it, and what to do about it. */
interface ForeignForm {
  /** What the text begins with, or a line of it. */
  readonly text?: RegExp;
  /** The first bytes in hexadecimal. */
  readonly bytes?: string;
  readonly what: string;
  /** The command that converts it, or what else to do. */
  readonly cure: string;
}

const KEYTOOL =
  "convert it: keytool -importkeystore -srckeystore old.jks -destkeystore new.p12 -deststoretype PKCS12";
const NEW_SSH_KEY = "convert it, in its place: ssh-keygen -p -m PKCS8 -f id " +
  "(Ed25519: with OpenSSH 9.6 or newer)";

const FOREIGN: readonly ForeignForm[] = [
  { bytes: "feedfeed", what: "a Java key store (JKS)", cure: KEYTOOL },
  { bytes: "cececece", what: "a Java key store (JCEKS)", cure: KEYTOOL },
  {
    text: /^-----BEGIN OPENSSH PRIVATE KEY-----/m,
    bytes: "6f70656e7373682d6b65792d7631", // "openssh-key-v1"
    what: "an OpenSSH private key",
    cure: NEW_SSH_KEY,
  },
  {
    text: /^PuTTY-User-Key-File-\d/,
    what: "a private key of PuTTY",
    cure: "convert it: puttygen key.ppk -O private-openssh -o key.pem",
  },
  {
    text: /^---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----/m,
    what: "a private key of ssh.com",
    cure: "convert it: puttygen key -O private-openssh -o key.pem",
  },
  {
    text: /^-----BEGIN PGP /m,
    what: "a file of OpenPGP",
    cure: "no command converts its keys; make a new one: " +
      "openssl genpkey -algorithm ed25519 -out key.pem",
  },
  {
    bytes: "1ef1b5b0",
    what: "a private key of Windows (PVK)",
    cure: "convert it: openssl rsa -inform PVK -in key.pvk -out key.pem",
  },
  {
    bytes: "0702000000a40000",
    what: "a private key of Windows (PRIVATEKEYBLOB)",
    cure: "convert it: openssl rsa -inform MSBLOB -in key.blob -out key.pem",
  },
  {
    text: /^\s*\{[^]*"kty"\s*:/,
    what: "a JSON Web Key",
    cure: 'crypto.subtle.importKey("jwk", ...) makes a CryptoKey of it',
  },
];

/**
 * Returns what a file is that is neither PEM nor DER of the forms that are read.
 *
 * @param file Its text or bytes.
 * @returns What it is and what to do about it, to follow a colon; `null` if it is not known.
 */
export function foreignForm(file: string | Uint8Array): string | null {
  const start = typeof file === "string" ? null : toHex(file.subarray(0, 16));
  const found = FOREIGN.find(({ text, bytes }) =>
    start === null ? text?.test(file as string) : bytes !== undefined && start.startsWith(bytes)
  );
  return found === undefined ? null : `this is ${found.what}; ${found.cure}`;
}

const NEW_KEY = "make a new key and have a certificate issued for it: " +
  "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem";

/**
 * Returns the error of a private key of a kind that is not supported.
 *
 * @param oid The object identifier of its algorithm.
 */
export function unsupportedKey(oid: string): NssError {
  return new NssError(
    "SEC_ERROR_UNSUPPORTED_KEYALG",
    `Cannot import private key: its kind is ${unsupportedKeyName(oid)}, and ` +
      `only RSA, ECDSA, Ed25519 and ML-DSA keys are supported; ${NEW_KEY}`,
  );
}

/**
 * Returns the error of a private key on a curve that is not supported.
 *
 * @param oid The object identifier of the curve; `null` if it is not given by name.
 */
export function unsupportedCurve(oid: string | null): NssError {
  const state = oid === null
    ? "it gives the parameters of its curve, not a name; convert it, if that is P-256, P-384 or " +
      "P-521: openssl pkey -in old.pem -ec_param_enc named_curve -out new.pem"
    : `its curve is ${unsupportedKeyName(oid)}, and only P-256, P-384 and P-521 are supported; ` +
      NEW_KEY;
  return new NssError(
    "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE",
    `Cannot import private key: ${state}`,
  );
}

/**
 * Returns the error of an ML-DSA key that has only the expanded form.
 *
 * @param type The kind, such as `mldsa44`.
 */
export function missingSeed(type: string): NssError {
  const name = `ML-DSA-${type.slice(-2)}`;
  return new NssError(
    "SEC_ERROR_UNSUPPORTED_KEYALG",
    `Cannot import private key: it is of ${name} in its expanded form, without the seed, which ` +
      "WebCrypto needs and nothing computes from it; export it anew with its seed, or make a " +
      `new key, as OpenSSL 3.5 writes both: openssl genpkey -algorithm ${name} -out key.pem`,
  );
}
