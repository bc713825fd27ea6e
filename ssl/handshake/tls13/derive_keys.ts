// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ExporterMasterSecret, TrafficSecret } from "../../crypto/expanded_secrets.ts";
import type { HandshakeSecret, MasterSecret } from "../../crypto/key_schedule.ts";
import { CipherSpec } from "../../record/cipher_spec.ts";
import type { CipherSuite } from "../../tables/cipher_suites.ts";
import type { HandshakeContext } from "../handshake.ts";
import { logSecret } from "../log_secret.ts";

/** The traffic secrets of both directions, and the protections of the records under them. */
export interface DirectionKeys {
  /** The secret of what the client sends. */
  readonly client: TrafficSecret;
  /** The secret of what the server sends. */
  readonly server: TrafficSecret;
  /** The protection of what the client sends. */
  readonly clientSpec: CipherSpec;
  /** The protection of what the server sends. */
  readonly serverSpec: CipherSpec;
}

/** The keys of application data. */
export interface ApplicationKeys extends DirectionKeys {
  /** The secret of exporters. */
  readonly exporterMasterSecret: ExporterMasterSecret;
}

/**
 * Derives the keys of the handshake from the transcript up to ServerHello, and writes their secrets
 * to the key log.
 */
export async function deriveHandshakeKeys(
  hs: HandshakeContext,
  cipherSuite: CipherSuite,
  handshakeSecret: HandshakeSecret,
  clientRandom: Uint8Array<ArrayBuffer>,
): Promise<DirectionKeys> {
  const transcriptHash = await hs.transcript.digest();
  const [client, server] = await Promise.all([
    handshakeSecret.clientHandshakeTrafficSecret(transcriptHash),
    handshakeSecret.serverHandshakeTrafficSecret(transcriptHash),
  ]);
  handshakeSecret.forget();
  logSecret(hs.config, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", clientRandom, client);
  logSecret(hs.config, "SERVER_HANDSHAKE_TRAFFIC_SECRET", clientRandom, server);
  const specs = bothSpecs(cipherSuite, client, server);
  for (const secret of [client, server]) secret.prepareFinished();
  return { client, server, ...await specs };
}

/**
 * Derives the keys of application data and the exporter master secret from the transcript up to the
 * server's Finished, and writes their secrets to the key log.
 */
export async function deriveApplicationKeys(
  hs: HandshakeContext,
  cipherSuite: CipherSuite,
  masterSecret: MasterSecret,
  clientRandom: Uint8Array<ArrayBuffer>,
): Promise<ApplicationKeys> {
  const transcriptHash = await hs.transcript.digest();
  const [client, server, exporterMasterSecret] = await Promise.all([
    masterSecret.clientApplicationTrafficSecret(transcriptHash),
    masterSecret.serverApplicationTrafficSecret(transcriptHash),
    masterSecret.exporterMasterSecret(transcriptHash),
  ]);
  logSecret(hs.config, "CLIENT_TRAFFIC_SECRET_0", clientRandom, client);
  logSecret(hs.config, "SERVER_TRAFFIC_SECRET_0", clientRandom, server);
  logSecret(hs.config, "EXPORTER_SECRET", clientRandom, exporterMasterSecret);
  const specs = await bothSpecs(cipherSuite, client, server);
  return { client, server, ...specs, exporterMasterSecret };
}

async function bothSpecs(
  cipherSuite: CipherSuite,
  client: TrafficSecret,
  server: TrafficSecret,
): Promise<Pick<DirectionKeys, "clientSpec" | "serverSpec">> {
  const [clientSpec, serverSpec] = await Promise.all([
    CipherSpec.create(cipherSuite, client),
    CipherSpec.create(cipherSuite, server),
  ]);
  return { clientSpec, serverSpec };
}
