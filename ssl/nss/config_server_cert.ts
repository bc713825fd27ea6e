// Copyright 2026 the NSS for Deno authors. MIT license.

import { anything, isBytes, isBytesOrText, isOneOf, type Shape } from "../../cert/base/options.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { findCertByName } from "../../cert/db/find_cert.ts";
import { change, type SslConfig } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";
import {
  type CertificateInput,
  type CertificateOptions,
  type Credential,
  toCredential,
} from "../config/credential.ts";
import { requireSslArgs, takeSslOptions } from "../config/option_values.ts";
import { SslError } from "../base/errors.ts";
import { SIGNATURE_SCHEMES } from "../tables/signature_schemes.ts";

/**
 * Additional data of a server's certificate (`SSLExtraServerCertData`).
 *
 * @category Options
 */
export interface ServerCertOptions {
  /** The issuers' certificates if `cert` does not contain them; the root may be omitted. */
  readonly certChain?: CertificateInput;
  /** The OCSP response to staple for clients that request it: PEM text, PEM bytes or DER. */
  readonly stapledOCSPResponse?: Uint8Array | string;
  /**
   * The signed certificate timestamps to send to clients that request them, as encoded by
   * `encodeSctList`.
   */
  readonly signedCertTimestamps?: Uint8Array;
}

const SHAPE: Shape<ServerCertOptions> = {
  certChain: anything,
  stapledOCSPResponse: isBytesOrText,
  signedCertTimestamps: isBytes,
};

/**
 * Adds a certificate and its key to a server (`SSL_ConfigServerCert`), or replaces earlier ones; on
 * a listener it applies to the connections that are accepted later.
 *
 * A server may have several, with different types of keys and for different names. The new one
 * replaces those with the same type of key all of whose names it covers; it is placed before those
 * with which it shares only some names, and after all others. A client gets the first one that
 * matches its host name and whose signature it supports.
 *
 * @param target The listener, socket or model.
 * @param cert The certificate; PEM, as text or bytes, may contain the chain, too.
 * @param key The private key, in any form that the option `certificates` accepts.
 * @param extra Additional data.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if the key is not the certificate's;
 * `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import {
 *   configServerCert,
 *   createCertificate,
 *   generateKeyPair,
 *   importFD,
 *   newModel,
 * } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const model = newModel({ role: "server" });
 * await configServerCert(model, cert, keys.privateKey);
 *
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, { model });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.peerCertificates[0]?.der, cert.der);
 * ```
 *
 * @category Options
 */
export async function configServerCert(
  target: Configurable,
  cert: CertificateInput,
  key: CertificateOptions["key"],
  extra: ServerCertOptions = {},
): Promise<void> {
  const { certChain, stapledOCSPResponse, signedCertTimestamps } = takeSslOptions(
    "Cannot configure server certificate",
    extra,
    SHAPE,
  );
  const own = toCredential({
    cert,
    key,
    ...(certChain !== undefined && { chain: certChain }),
    ...(stapledOCSPResponse !== undefined && { ocsp: stapledOCSPResponse }),
    ...(signedCertTimestamps !== undefined && { scts: signedCertTimestamps }),
  }, "the arguments");
  await own.privateKey(); // compares it with the certificate
  const chain = await missingChain(configToChange(target), own);
  const credential = chain.length === 0
    ? own
    : toCredential({ cert: own.certificate, key, chain, ...extrasOf(own) }, "the arguments");
  const config = configToChange(target); // again: it may have changed meanwhile
  change(config, { credentials: withCredential(config.credentials, credential) });
}

/**
 * The types of keys by which {@linkcode configSecureServer} removes certificates (`SSLKEAType`).
 *
 * @category Options
 */
export type ServerKeyKind =
  | "ec"
  | "rsa"
  | "rsa-pss"
  | "ed25519"
  | "mldsa44"
  | "mldsa65"
  | "mldsa87";

/**
 * Adds a certificate and its key to a server, or removes those with a type of key
 * (`SSL_ConfigSecureServer`). {@linkcode configServerCert} supersedes it, as in NSS.
 *
 * @param target The listener, socket or model.
 * @param cert The certificate; `null`, as well as `key`, to remove.
 * @param key The private key, or `null`.
 * @param kind The type of key of the certificates to remove; all by default.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if only one of certificate and key is `null`, or the
 * key is not the certificate's; `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import {
 *   configSecureServer,
 *   createCertificate,
 *   generateKeyPair,
 *   importFD,
 *   newModel,
 * } from "@nss/nss";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const model = newModel({ role: "server" });
 * await configSecureServer(model, cert, keys.privateKey);
 * await configSecureServer(model, null, null, "ec"); // removes it
 *
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, { model });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 * });
 * const [outcome] = await Promise.allSettled([server.handshake(), client.handshake()]);
 * assert(outcome.status === "rejected"); // the server has no certificate
 * assertEquals(outcome.reason.name, "SSL_ERROR_NO_SERVER_KEY_FOR_ALG");
 * ```
 *
 * @category Options
 */
export async function configSecureServer(
  target: Configurable,
  cert: CertificateInput | null,
  key: CertificateOptions["key"] | null,
  kind?: ServerKeyKind,
): Promise<void> {
  if (kind !== undefined) {
    const kinds = new Set(SIGNATURE_SCHEMES.map(({ keyType }) => keyType));
    requireSslArgs("Cannot configure server certificate", isOneOf([...kinds])(kind, "kind"));
  }
  if (cert !== null && key !== null) return await configServerCert(target, cert, key);
  if (cert !== null || key !== null) {
    throw invalidArgs("a certificate and its key come together, or neither");
  }
  const config = configToChange(target);
  const credentials = config.credentials.filter(({ certificate }) =>
    kind !== undefined && certificate.subjectPublicKeyInfo.algorithm.type !== kind
  );
  change(config, { credentials });
}

/**
 * Returns the issuers from the context's database, without the root, if the option
 * DB_LOAD_CERTIFICATE_CHAIN is set.
 */
async function missingChain(
  { loadCertificateChain, context }: SslConfig,
  { chain }: Credential,
): Promise<readonly Certificate[]> {
  const found: Certificate[] = [];
  if (!loadCertificateChain || chain.length > 1) return found;
  for (let last = chain[0]!; found.length < MAX_LOADED_ISSUERS && !last.isSelfIssued;) {
    const issuer = await findCertByName(context.certDB, last.issuer.der);
    if (issuer === undefined || issuer.isSelfIssued) break;
    found.push(issuer);
    last = issuer;
  }
  return found;
}

/**
 * The maximum number of issuers: verification allows no more between a certificate and its anchor.
 */
const MAX_LOADED_ISSUERS = 6;

function extrasOf({ ocspResponse, scts }: Credential): Pick<CertificateOptions, "ocsp" | "scts"> {
  return {
    ...(ocspResponse !== undefined && { ocsp: ocspResponse }),
    ...(scts !== undefined && { scts }),
  };
}

function withCredential(
  credentials: readonly Credential[],
  credential: Credential,
): readonly Credential[] {
  const kind = kindOf(credential);
  const names = namesOf(credential);
  const covers = (other: Credential) =>
    kindOf(other) === kind && [...namesOf(other)].every((name) => names.has(name));
  const overlaps = (other: Credential) =>
    kindOf(other) === kind && [...namesOf(other)].some((name) => names.has(name));
  const place = credentials.findIndex(overlaps);
  const before = place === -1 ? credentials : credentials.slice(0, place);
  const after = place === -1 ? [] : credentials.slice(place);
  return [...before, credential, ...after.filter((other) => !covers(other))];
}

function kindOf({ certificate }: Credential): string {
  const { algorithm } = certificate.subjectPublicKeyInfo;
  return algorithm.type === "ec" ? algorithm.curve : algorithm.type;
}

/** Returns the names of a certificate as text: its subject if it has no alternative names. */
function namesOf({ certificate }: Credential): ReadonlySet<string> {
  const names = (certificate.subjectAltName ?? []).flatMap((name) => {
    if (name.type === "dns") return [name.value.toLowerCase()];
    return name.type === "ip" ? [name.value.join(".")] : [];
  });
  return new Set(names.length > 0 ? names : [String(certificate.subject)]);
}

function invalidArgs(why: string): SslError {
  return new SslError("SEC_ERROR_INVALID_ARGS", `Cannot configure server certificate: ${why}`);
}
