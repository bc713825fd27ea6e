// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Servers that flood our client when it is connected. They live in the test's process, and so does
 * the client.
 *
 * @module
 */

import {
  createCertificate,
  generateKeyPair,
  importFD,
  type ImportOptions,
  SslError,
} from "@nss/nss";
import { CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { frame } from "../ssl/_filters.ts";
import { RecordTap, type RecordToSend } from "../ssl/_record_tap.ts";
import { SUITE as TLS12_SUITE, Tls12Tap } from "../ssl/_tls12.ts";
import { FLOOD, FLOODS } from "./_hostile_peers.ts";
import type { PeerKind } from "./_load.ts";
import type { Outcome } from "./_load_server.ts";

const keys = await generateKeyPair();
const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });

/** A ticket of one byte that is good for a while. */
const TICKET: RecordToSend = {
  type: ContentType.handshake,
  fragment: frame(HandshakeType.newSessionTicket, [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 7, 0, 0]),
};
const HELLO_REQUEST: RecordToSend = {
  type: ContentType.handshake,
  fragment: frame(HandshakeType.helloRequest, []),
};

function server(
  name: string,
  outcome: Outcome,
  flood: RecordToSend,
  version: "TLSv1.2" | "TLSv1.3" = "TLSv1.3",
): PeerKind {
  return {
    name,
    share: 1,
    outcome,
    meet: async (load, kind) => {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      const { port } = listener.addr;
      const [near, far] = await Promise.all([
        Deno.connect({ hostname: "127.0.0.1", port }),
        listener.accept(),
      ]);
      const tap = version === "TLSv1.3"
        ? new RecordTap(far, "server")
        : new Tls12Tap(far, "server", TLS12_SUITE);
      const suite = version === "TLSv1.3" ? CIPHER_SUITES[0]! : TLS12_SUITE;
      const shared: ImportOptions = {
        versions: { min: version, max: version },
        cipherSuites: [suite.name],
      };
      const hostile = importFD(tap, {
        ...shared,
        role: "server",
        certificates: [{ cert, key: keys.privateKey }],
        keyLog: tap.keyLog,
      });
      const client = importFD(near, { ...shared, hostname: "localhost", caCerts: [cert] });
      await load.shake(() => Promise.all([client.handshake(), hostile.handshake()]));
      await load.restSome();
      const flooding = (async () => {
        for (let i = 0; i < FLOOD; i++) {
          await tap.send(flood);
          if (tap instanceof RecordTap && flood === FLOODS.keyUpdate) await tap.renewKeys();
        }
      })();
      flooding.catch(() => {}); // the client ends it
      const outcome = await client.read(new Uint8Array(1)).then(
        (count) => `${count}`,
        (error) => error instanceof SslError ? error.name : `${error}`,
      );
      load.note(kind.name, outcome);
      await Promise.allSettled([client.close(), flooding, hostile.close()]);
    },
  };
}

/** The hostile servers. */
export const HOSTILE_SERVERS: readonly PeerKind[] = [
  server("a server's tickets", "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET", TICKET),
  server("a server's KeyUpdates", "SSL_ERROR_TOO_MANY_KEY_UPDATES", FLOODS.keyUpdate),
  server("a server's empty records", "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE", FLOODS.empty),
  server(
    "a server's HelloRequests",
    "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE",
    HELLO_REQUEST,
    "TLSv1.2",
  ),
];
