// Copyright 2026 the NSS for Deno authors. MIT license.

/** The negotiation of raw public keys in place of certificates (RFC 7250, Section 4). @module */

import { SslError } from "../base/errors.ts";
import type { SslConfig } from "../config/config.ts";
import {
  clientCertificateType,
  clientCertificateTypes,
  serverCertificateType,
  serverCertificateTypes,
} from "../extensions/certificate_type.ts";
import type { ExtensionBlock } from "../extensions/extension_block.ts";
import {
  ExtensionType,
  extensionTypeName,
  RAW_PUBLIC_KEY,
  X509,
} from "../tables/extension_types.ts";

/** What the ends show of themselves. */
export interface CertificateTypes {
  /** Whether the server shows a raw public key. */
  readonly rawServer: boolean;
  /** Whether a client that is asked shows a raw public key. */
  readonly rawClient: boolean;
}

/** Certificates of both ends, as where nothing is negotiated. */
export const X509_TYPES: CertificateTypes = { rawServer: false, rawClient: false };

/** Returns what an end shows, in words. */
export function nounOf(isRaw: boolean): string {
  return isRaw ? "raw public key" : "certificate";
}

/** Returns what an end takes of its peer, in preference order. */
function accepted({ rawPublicKeys }: SslConfig): readonly number[] {
  if (rawPublicKeys === null || rawPublicKeys.accept === null) return [X509];
  return rawPublicKeys.orCertificate ? [RAW_PUBLIC_KEY, X509] : [RAW_PUBLIC_KEY];
}

/** Returns what a client can show, in preference order. */
function shown({ rawPublicKeys, credentials, getClientAuthData }: SslConfig): readonly number[] {
  if (rawPublicKeys === null || rawPublicKeys.keys.length === 0) return [X509];
  const hasCertificate = credentials.length > 0 || getClientAuthData !== null;
  return hasCertificate ? [RAW_PUBLIC_KEY, X509] : [RAW_PUBLIC_KEY];
}

/** Returns whether an end takes certificates of its peer, with what belongs to them. */
export function takesCertificates(config: SslConfig): boolean {
  return accepted(config).includes(X509);
}

/** Adds a client's offer; RFC 7250, Section 4.1: none where it is X.509 alone. */
export function offerCertificateTypes(config: SslConfig, extensions: ExtensionBlock): void {
  const [server, client] = [accepted(config), shown(config)];
  if (server.includes(RAW_PUBLIC_KEY)) extensions.add(serverCertificateTypes, server);
  if (client.includes(RAW_PUBLIC_KEY)) extensions.add(clientCertificateTypes, client);
}

/**
 * Returns what a server has chosen.
 *
 * @param config The client's configuration.
 * @param extensions The server's answer, which has only extensions that were offered.
 * @param isResumed Whether a session is resumed, in which the server shows nothing.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS` for a type that was not offered,
 * `SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE` if the server would show a certificate that this client
 * does not take.
 */
export function takeCertificateTypes(
  config: SslConfig,
  extensions: ExtensionBlock | undefined,
  isResumed: boolean,
): CertificateTypes {
  if (config.rawPublicKeys === null) return X509_TYPES;
  const server = extensions?.get(serverCertificateType);
  const client = extensions?.get(clientCertificateType);
  requireOffered(ExtensionType.serverCertificateType, server, accepted(config));
  requireOffered(ExtensionType.clientCertificateType, client, shown(config));
  if (server === undefined && !isResumed && !takesCertificates(config)) {
    throw new SslError(
      "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
      "Cannot authenticate server: it has agreed to no raw public key, and this client takes " +
        "nothing else; set rawPublicKeys.orCertificate to accept its certificate, too",
    );
  }
  return { rawServer: server === RAW_PUBLIC_KEY, rawClient: client === RAW_PUBLIC_KEY };
}

function requireOffered(type: number, chosen: number | undefined, offered: readonly number[]) {
  if (chosen === undefined || offered.includes(chosen)) return;
  throw new SslError(
    "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
    `Cannot take extension ${extensionTypeName(type)}: it names type ${chosen}, which was not ` +
      "offered",
    { fault: "value" },
  );
}

/** Returns the types that a client takes, in preference order; `null` where there is no choice. */
export function typesForServer(
  { rawPublicKeys }: SslConfig,
  hello: ExtensionBlock | undefined,
): readonly number[] | null {
  const offered = hello?.get(serverCertificateTypes);
  if (offered === undefined) return rawPublicKeys === null ? null : [X509];
  return offered;
}

/**
 * Returns what a server asks its client for: `true` for a raw public key, `false` for a
 * certificate, `null` for neither, as there is no type that both ends have.
 *
 * @param config The server's configuration.
 * @param hello The client's extensions.
 * @param requires Whether the handshake cannot do without it.
 * @throws {SslError} `SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE` if there is none, and the server
 * requires one.
 */
export function chooseClientType(
  config: SslConfig,
  hello: ExtensionBlock | undefined,
  requires: boolean,
): boolean | null {
  const offered = hello?.get(clientCertificateTypes);
  if (offered === undefined && config.rawPublicKeys === null) return false;
  const takes = accepted(config);
  const type = (offered ?? [X509]).find((each) => takes.includes(each));
  if (type !== undefined) return type === RAW_PUBLIC_KEY;
  if (!requires) return null;
  throw new SslError(
    "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
    takes.includes(RAW_PUBLIC_KEY)
      ? "Cannot accept client: it offers no raw public key, and this server takes nothing else; " +
        "set rawPublicKeys.orCertificate to accept its certificate, too"
      : "Cannot accept client: it offers no certificate, and this server takes no raw public key; " +
        "give the option rawPublicKeys.accept",
  );
}

/** Adds a server's answer: what is X.509 needs none (RFC 7250, Section 4.2). */
export function answerCertificateTypes(
  { rawServer, rawClient }: CertificateTypes,
  extensions: ExtensionBlock,
): void {
  if (rawClient) extensions.add(clientCertificateType, RAW_PUBLIC_KEY);
  if (rawServer) extensions.add(serverCertificateType, RAW_PUBLIC_KEY);
}

/** Refuses extensions with a raw public key: those there are belong to certificates. */
export function refuseExtensionsOfKey(isRaw: boolean, extensions: ExtensionBlock): void {
  if (isRaw) refuseWithKey(extensions.types()[0]);
}

/** Refuses a ServerHello of TLS 1.2 with a raw public key and what belongs to certificates. */
export function refuseProofsOfKey(extensions: ExtensionBlock | undefined): void {
  const { statusRequest, signedCertificateTimestamp } = ExtensionType;
  refuseWithKey([statusRequest, signedCertificateTimestamp].find((type) => extensions?.has(type)));
}

function refuseWithKey(type: number | undefined): void {
  if (type === undefined) return;
  throw new SslError(
    "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
    `Cannot take extension ${extensionTypeName(type)}: it comes with a raw public key, and ` +
      "belongs to certificates",
  );
}
