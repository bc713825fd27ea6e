// Copyright 2026 the NSS for Deno authors. MIT license.

import type { HandshakeContext } from "../handshake.ts";
import type { ExporterMasterSecret, TrafficSecret } from "../../crypto/expanded_secrets.ts";
import type { HandshakeSecret, MasterSecret } from "../../crypto/key_schedule.ts";
import { logSecret } from "../log_secret.ts";

/** The secrets of both directions. */
export interface TrafficSecrets {
  readonly client: TrafficSecret;
  readonly server: TrafficSecret;
}

/**
 * Derives the secrets of the handshake's messages from the transcript up to ServerHello, and logs
 * them where that is asked for.
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
 * Derives the secrets of application data from the transcript up to the server's Finished, and logs
 * them likewise.
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
