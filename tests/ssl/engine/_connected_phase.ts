// Copyright 2026 the NSS for Deno authors. MIT license.

import { X509_TYPES } from "../../../ssl/extensions/certificate_type.ts";
import { AuthenticatedPeer } from "../../../ssl/authentication/authenticate_peer.ts";
import type { Connected, HandshakeComplete } from "../../../ssl/engine/phase.ts";
import { shownBefore } from "../../../ssl/handshake/negotiated.ts";
import { CIPHER_SUITES } from "../../../ssl/tables/cipher_suites.ts";
import { NAMED_GROUPS } from "../../../ssl/tables/named_groups.ts";
import { TLS_1_3 } from "../../../ssl/tables/versions.ts";

/** What a handshake leaves, told from others by a name. */
export function handshakeLeft(
  serverName: string,
  onRenewal: (requestUpdate: boolean) => void = () => {},
): Pick<HandshakeComplete, "keys" | "negotiated"> {
  return {
    keys: {
      renewable: true,
      renewWriteKey: (requestUpdate) => Promise.resolve(onRenewal(requestUpdate)),
      exportKeyingMaterial: () => Promise.resolve(new Uint8Array(0)),
      exporterSecret: () => ({ secret: new Uint8Array(0), randoms: null }),
    },
    negotiated: {
      version: TLS_1_3,
      cipherSuite: CIPHER_SUITES[0]!,
      group: NAMED_GROUPS[0]!,
      helloRetryRequest: false,
      echAccepted: false,
      postHandshakeAuth: true,
      serverName,
      alpnProtocol: null,
      certificateTypes: X509_TYPES,
      peer: AuthenticatedPeer.anonymous,
      local: shownBefore([]),
      authenticatedAt: null,
      earlyData: null,
    },
  };
}

/** The phase of a connection whose write key is renewed by a function. */
export function connectedPhase(onRenewal: (requestUpdate: boolean) => void): Connected {
  return {
    ...handshakeLeft("any.test", onRenewal),
    kind: "connected",
    open: "both",
    unreportedAuthentication: false,
  };
}
