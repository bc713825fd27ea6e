// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertificateTypes } from "../../../extensions/certificate_type.ts";
import type { TrafficSecret } from "../../../crypto/expanded_secrets.ts";
import type { MasterSecret } from "../../../crypto/key_schedule.ts";
import type { CipherSpec } from "../../../record/cipher_spec.ts";
import type { EarlyWrite } from "../../early_data.ts";
import type { Tls13Agreement } from "../../negotiated.ts";

/** The keys of a client after ServerHello. */
export interface HandshakeKeys {
  readonly clientRandom: Uint8Array<ArrayBuffer>;
  /** The extensions of the ClientHello. */
  readonly extensionTypes: readonly number[];
  readonly masterSecret: MasterSecret;
  readonly clientSecret: TrafficSecret;
  readonly serverSecret: TrafficSecret;
  /**
   * The early data that the server has still to answer, or has accepted, and the protection of the
   * client's flight behind it; `null` if that is in use.
   */
  readonly earlyData: { readonly early: EarlyWrite; readonly clientSpec: CipherSpec } | null;
}

/** The keys of a client after EncryptedExtensions, with what was negotiated. */
export interface ClientKeys extends HandshakeKeys {
  readonly agreement: Tls13Agreement;
  readonly certificateTypes: CertificateTypes;
}
