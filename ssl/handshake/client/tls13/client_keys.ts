// Copyright 2026 the NSS for Deno authors. MIT license.

import type { TrafficSecret } from "../../../crypto/expanded_secrets.ts";
import type { MasterSecret } from "../../../crypto/key_schedule.ts";
import type { Tls13Agreement } from "../../negotiated.ts";

/** What a client has once the server has chosen. */
export interface HandshakeKeys {
  readonly clientRandom: Uint8Array<ArrayBuffer>;
  /** The extensions of the ClientHello. */
  readonly extensionTypes: readonly number[];
  readonly masterSecret: MasterSecret;
  readonly clientSecret: TrafficSecret;
  readonly serverSecret: TrafficSecret;
}

/** What a client has once all is agreed on. */
export interface ClientKeys extends HandshakeKeys {
  readonly agreement: Tls13Agreement;
}
