// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The negotiation of raw public keys in place of certificates (RFC 7250, Section 4). Loaded where
 * an end has them, or asks for them.
 *
 * @module
 */

import { SslError } from "../base/errors.ts";
import type { SslConfig } from "../config/config.ts";
import { acceptedTypes, shownTypes, takesCertificates } from "../config/raw_public_keys.ts";
import {
  type CertificateTypes,
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
import { refuseWithKey } from "./unsolicited.ts";

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
  const server = extensions?.get(serverCertificateType);
  const client = extensions?.get(clientCertificateType);
  requireOffered(ExtensionType.serverCertificateType, server, acceptedTypes(config));
  requireOffered(ExtensionType.clientCertificateType, client, shownTypes(config));
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
  const takes = acceptedTypes(config);
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

/** Refuses a ServerHello of TLS 1.2 with a raw public key and what belongs to certificates. */
export function refuseProofsOfKey(extensions: ExtensionBlock | undefined): void {
  const { statusRequest, signedCertificateTimestamp } = ExtensionType;
  refuseWithKey([statusRequest, signedCertificateTimestamp].find((type) => extensions?.has(type)));
}
