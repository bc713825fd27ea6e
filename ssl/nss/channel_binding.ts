// Copyright 2026 the NSS for Deno authors. MIT license.

import { show } from "../../cert/base/options.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { OIDS } from "../../cert/der/oids.ts";
import { parseSignatureAlgorithm } from "../../cert/certificate/signature_algorithm.ts";
import type { SslEngine } from "../engine/engine.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import type { Tls12Negotiated } from "../handshake/negotiated.ts";
import { TLS_1_2 } from "../tables/versions.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/**
 * The channel binding types (RFC 5056).
 *
 * @category Connection information
 */
export type ChannelBindingType = "tls-exporter" | "tls-server-end-point" | "tls-unique";

const EXPORTER_LABEL = "EXPORTER-Channel-Binding";
const EXPORTER_LENGTH = 32;

/**
 * Returns the bytes that bind another protocol's authentication to this connection (RFC 5056), so
 * that it cannot be relayed through another connection. SCRAM's `-PLUS` mechanisms need them, as in
 * PostgreSQL, XMPP and IMAP.
 *
 * - `"tls-exporter"` (RFC 9266) is bound to the connection, in all versions; in TLS 1.2 only with
 *   the extended master secret.
 * - `"tls-server-end-point"` (RFC 5929) is bound to the server's certificate: a hash of it.
 * - `"tls-unique"` (RFC 5929) is bound to the connection's latest handshake; not in TLS 1.3, and
 *   only with the extended master secret (RFC 7627).
 *
 * @param socket The socket, its handshake complete.
 * @param type The type of the binding.
 * @returns The bytes, the same at both ends.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete;
 * `SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION` if the version has no such binding;
 * `SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET` if the connection has no extended master secret;
 * `SEC_ERROR_INVALID_ALGORITHM` if the algorithm of the certificate's signature does not specify a
 * hash, as Ed25519; `SSL_ERROR_NO_CERTIFICATE` if the server has shown a raw public key;
 * `SEC_ERROR_INVALID_ARGS` for an unknown type.
 *
 * @example Usage
 * ```ts ignore
 * import { getChannelBinding, importFD } from "@nss/nss";
 *
 * const hostname = "db.example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 5432 }), { hostname });
 * await socket.handshake();
 * const binding = await getChannelBinding(socket, "tls-server-end-point");
 * ```
 *
 * @category Connection information
 */
export async function getChannelBinding(
  socket: SslSocket,
  type: ChannelBindingType,
): Promise<Uint8Array<ArrayBuffer>> {
  const engine = connectionOf(socket).connectedEngine;
  switch (type) {
    case "tls-exporter":
      requireExtendedMasterSecret(engine, type);
      // The context is present and empty (RFC 9266, Section 2); TLS 1.2 distinguishes this from no
      // context (RFC 5705, Section 4).
      return await engine.exporter.exportKeyingMaterial(
        EXPORTER_LABEL,
        new Uint8Array(0),
        EXPORTER_LENGTH,
      );
    case "tls-server-end-point":
      requireCertificate(engine);
      return await serverEndPoint(serverCertificate(engine));
    case "tls-unique": {
      const { negotiated } = engine;
      if (negotiated.version !== TLS_1_2) {
        throw new SslError(
          "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION",
          "Cannot bind to channel: TLS 1.3 has no tls-unique; tls-exporter takes its place",
        );
      }
      requireExtendedMasterSecret(engine, type);
      return firstVerifyData(negotiated);
    }
  }
  throw new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot bind to channel: there is no type ${show(type satisfies never)}`,
  );
}

/**
 * Requires the extended master secret: without it a man in the middle can have two connections with
 * the same secrets (RFC 7627, Section 6.1).
 */
function requireExtendedMasterSecret(engine: SslEngine, type: ChannelBindingType): void {
  if (engine.channelInfo.extendedMasterSecret) return;
  throw new SslError(
    "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET",
    `Cannot bind to channel: the connection has no extended master secret, without which ${type} is not safe`,
  );
}

/** Requires that the server has not shown a raw public key, of which there is no such binding. */
function requireCertificate({ role, negotiated: { peer, local } }: SslEngine): void {
  const key = role === "client" ? peer.rawPublicKey : local.rawPublicKey;
  if (key === null) return;
  throw new SslError(
    "SSL_ERROR_NO_CERTIFICATE",
    "Cannot bind to channel: tls-server-end-point is a hash of the server's certificate, and it " +
      "has shown a raw public key; use tls-exporter",
  );
}

/** Returns the server's certificate; if a session was resumed, that of its full handshake. */
function serverCertificate({ role, negotiated: { peer, local } }: SslEngine): Certificate | null {
  return (role === "client" ? peer : local).chain[0] ?? null;
}

/** Returns the verify data of the first Finished: the server's if a session was resumed. */
function firstVerifyData(
  { verifyData, authenticatedAt }: Tls12Negotiated,
): Uint8Array<ArrayBuffer> {
  return verifyData[authenticatedAt !== null ? "server" : "client"].slice();
}

/**
 * Hashes the certificate with the hash of its signature, or with SHA-256 in place of MD5 and SHA-1
 * (RFC 5929, Section 4.1).
 */
async function serverEndPoint(certificate: Certificate | null): Promise<Uint8Array<ArrayBuffer>> {
  if (certificate === null) {
    throw new SslError(
      "SSL_ERROR_NO_CERTIFICATE",
      "Cannot bind to channel: the server's certificate is not known",
    );
  }
  const hash = signatureHash(certificate);
  const digest = await crypto.subtle.digest(hash === "SHA-1" ? "SHA-256" : hash, certificate.der);
  return new Uint8Array(digest);
}

function signatureHash({ signatureAlgorithmDer }: Certificate) {
  const oid = new DerReader(signatureAlgorithmDer, "signature algorithm")
    .sequence("algorithmIdentifier").oid("algorithm");
  if (oid === OIDS.md5WithRSAEncryption) return "SHA-256";
  let algorithm;
  try {
    algorithm = parseSignatureAlgorithm(signatureAlgorithmDer);
  } catch (error) {
    throw toSslError(error);
  }
  if (algorithm.hash !== undefined) return algorithm.hash;
  throw new SslError(
    "SEC_ERROR_INVALID_ALGORITHM",
    `Cannot bind to channel: tls-server-end-point is not defined for certificates signed with ${algorithm.name}`,
  );
}
