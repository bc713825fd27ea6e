// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { findCertByName } from "../../cert/db/find_cert.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { change, type SslConfig } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";
import {
  type CertificateInput,
  type CertificateOptions,
  type Credential,
  toCredential,
} from "../config/credential.ts";
import { SslError } from "../base/errors.ts";

/** What goes with a server's certificate (`SSLExtraServerCertData`). */
export interface ServerCertOptions {
  /** The issuers' certificates, where `cert` does not hold them; the root may be left out. */
  readonly certChain?: CertificateInput;
  /** An OCSP response about the certificate (DER), to be stapled for clients that ask for it. */
  readonly stapledOCSPResponse?: Uint8Array;
  /**
   * Signed certificate timestamps, as `encodeSctList` writes them, to be sent to clients that ask
   * for them.
   */
  readonly signedCertTimestamps?: Uint8Array;
}

/**
 * Gives a server a certificate and its key (`SSL_ConfigServerCert`), and replaces one that it had;
 * on a listener that serves already, the connections that are accepted from now on see it.
 *
 * A server may have several, of several kinds of keys and for several names. The new one takes the
 * place of those of the same kind of key for whose names it is good, goes before those with which
 * it shares a name only, and behind all others. For a client the first one counts that is good for
 * its host name and whose signature it understands.
 *
 * @param target The listener, socket or model.
 * @param cert The certificate; PEM text may hold the chain, too.
 * @param key The private key, in any form that the option `certificates` takes.
 * @param extra What goes with it.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if the key is not the certificate's;
 * `PR_IS_CONNECTED_ERROR` once the handshake has begun.
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
 */
export async function configServerCert(
  target: Configurable,
  cert: CertificateInput,
  key: CertificateOptions["key"],
  extra: ServerCertOptions = {},
): Promise<void> {
  const { certChain, stapledOCSPResponse, signedCertTimestamps } = extra;
  const own = await credentialOf({
    cert,
    key,
    ...(certChain !== undefined && { chain: certChain }),
    ...(stapledOCSPResponse !== undefined && { ocsp: stapledOCSPResponse }),
    ...(signedCertTimestamps !== undefined && { scts: signedCertTimestamps }),
  });
  const chain = await missingChain(configToChange(target), own);
  const credential = chain.length === 0
    ? own
    : toCredential({ cert: own.certificate, key, chain, ...extrasOf(own) });
  const config = configToChange(target); // as it is now: all that took its time
  change(config, { credentials: withCredential(config.credentials, credential) });
}

/**
 * The kinds of keys by which {@linkcode configSecureServer} takes a certificate away
 * (`SSLKEAType`).
 */
export type ServerKeyKind = "ec" | "rsa" | "rsa-pss" | "ed25519";

/**
 * Gives a server a certificate and its key, or takes those of a kind away
 * (`SSL_ConfigSecureServer`). NSS has replaced it by `SSL_ConfigServerCert`,
 * {@linkcode configServerCert} here.
 *
 * @param target The listener, socket or model.
 * @param cert The certificate; `null`, and then also for the key, takes away.
 * @param key The private key.
 * @param kind Of which kind of keys the certificates are that are taken away; all of them where it
 * is left out.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for one of certificate and key without the other, or
 * a key that is not the certificate's; `PR_IS_CONNECTED_ERROR` once the handshake has begun.
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
 * await configSecureServer(model, null, null, "ec"); // and away with it
 *
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, { model });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 * });
 * const [outcome] = await Promise.allSettled([server.handshake(), client.handshake()]);
 * assert(outcome.status === "rejected"); // there is no certificate to show
 * assertEquals(outcome.reason.name, "SSL_ERROR_NO_SERVER_KEY_FOR_ALG");
 * ```
 */
export async function configSecureServer(
  target: Configurable,
  cert: CertificateInput | null,
  key: CertificateOptions["key"] | null,
  kind?: ServerKeyKind,
): Promise<void> {
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

async function credentialOf(options: CertificateOptions): Promise<Credential> {
  const credential = toCredential(options);
  const key = await credential.privateKey();
  if (!isKeyOf(key, credential.certificate)) {
    throw invalidArgs(`the key is not that of certificate "${credential.certificate.subject}"`);
  }
  return credential;
}

/** A key that does not tell its public half is believed, as long as it is of the right kind. */
function isKeyOf({ publicKey, algorithm }: PrivateKey, certificate: Certificate): boolean {
  const own = certificate.subjectPublicKeyInfo;
  // Keys of RSA-PSS may have come under the object identifier of either kind.
  if (publicKey !== undefined && publicKey.algorithm.type === own.algorithm.type) {
    return publicKey.der.toBase64() === own.der.toBase64();
  }
  return algorithm.type === own.algorithm.type;
}

/**
 * The issuers from the context's database, without the root, where the option
 * DB_LOAD_CERTIFICATE_CHAIN wants them.
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

/** More than verification allows between a certificate and its anchor would help nobody. */
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
  const meets = (other: Credential) =>
    kindOf(other) === kind && [...namesOf(other)].some((name) => names.has(name));
  const place = credentials.findIndex(meets);
  const before = place === -1 ? credentials : credentials.slice(0, place);
  const after = place === -1 ? [] : credentials.slice(place);
  return [...before, credential, ...after.filter((other) => !covers(other))];
}

function kindOf({ certificate }: Credential): string {
  const { algorithm } = certificate.subjectPublicKeyInfo;
  return algorithm.type === "ec" ? algorithm.curve : algorithm.type;
}

/** What a certificate is good for, as text: its subject where it has no alternative names. */
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
