// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeContext } from "../handshake.ts";
import type { ExporterMasterSecret, TrafficSecret } from "../../crypto/expanded_secrets.ts";
import type { HandshakeSecret, MasterSecret } from "../../crypto/key_schedule.ts";
import { logSecret } from "../log_secret.ts";

/** The traffic secrets of both directions. */
export interface TrafficSecrets {
  readonly client: TrafficSecret;
  readonly server: TrafficSecret;
}

/**
 * Derives the handshake traffic secrets from the transcript up to ServerHello, and writes them to
 * the key log.
 */
export async function handshakeTrafficSecrets(
  hs: HandshakeContext,
  handshakeSecret: HandshakeSecret,
  clientRandom: Uint8Array<ArrayBuffer>,
): Promise<TrafficSecrets> {
  const transcriptHash = await hs.transcript.digest();
  const [client, server] = await Promise.all([
    handshakeSecret.clientHandshakeTrafficSecret(transcriptHash),
    handshakeSecret.serverHandshakeTrafficSecret(transcriptHash),
  ]);
  handshakeSecret.forget();
  logSecret(hs.config, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", clientRandom, client);
  logSecret(hs.config, "SERVER_HANDSHAKE_TRAFFIC_SECRET", clientRandom, server);
  for (const secret of [client, server]) secret.prepareFinished();
  return { client, server };
}

/**
 * Derives the application traffic secrets and the exporter master secret from the transcript up to
 * the server's Finished, and writes them to the key log.
 */
export async function applicationTrafficSecrets(
  hs: HandshakeContext,
  masterSecret: MasterSecret,
  clientRandom: Uint8Array<ArrayBuffer>,
): Promise<TrafficSecrets & { readonly exporterMasterSecret: ExporterMasterSecret }> {
  const transcriptHash = await hs.transcript.digest();
  const [client, server, exporterMasterSecret] = await Promise.all([
    masterSecret.clientApplicationTrafficSecret(transcriptHash),
    masterSecret.serverApplicationTrafficSecret(transcriptHash),
    masterSecret.exporterMasterSecret(transcriptHash),
  ]);
  logSecret(hs.config, "CLIENT_TRAFFIC_SECRET_0", clientRandom, client);
  logSecret(hs.config, "SERVER_TRAFFIC_SECRET_0", clientRandom, server);
  logSecret(hs.config, "EXPORTER_SECRET", clientRandom, exporterMasterSecret);
  return { client, server, exporterMasterSecret };
}
