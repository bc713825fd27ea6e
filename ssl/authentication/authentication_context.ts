// Copyright 2026 the NSS for Deno authors. MIT license.

/** What authentication begins with, and the signer that it chooses for this end. @module */

import type { PrivateKey, SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { Environment } from "../base/environment.ts";
import type { SslConfig } from "../config/config.ts";
import type { Credentials } from "../config/credential.ts";
import type { HookCaller } from "../config/hook_caller.ts";

/** What the authentication of a peer depends on. */
export interface AuthenticationContext {
  /** The configuration of the handshake. */
  readonly config: SslConfig;
  /** Calls the application's hooks. */
  readonly hooks: HookCaller;
  /** The current time. */
  readonly environment: Environment;
}

/** The certificate, key and signature scheme with which an end authenticates itself. */
export interface Signer {
  /** The certificate and its chain, or the raw public key. */
  readonly credential: Credentials;
  /** Its private key. */
  readonly key: PrivateKey;
  /** A scheme that the key supports and the peer accepts. */
  readonly scheme: SignatureScheme;
}

/** The absence of a signer. */
export interface NoSigner {
  /** Why there is none, as the end of a sentence. */
  readonly reason: string;
}
