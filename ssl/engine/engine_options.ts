// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Environment } from "../base/environment.ts";
import type { SslConfig } from "../config/config.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import type { HandshakeMessage } from "../messages/handshake.ts";
import type { AlertListener } from "./alert_protocol.ts";

/** A test's hand between handshake and records: what to send in place of an outgoing message. */
export type MessageFilter = (message: HandshakeMessage) => readonly Uint8Array<ArrayBuffer>[];

/** What an engine is made from. */
export interface EngineOptions {
  /** The way to the application's hooks. */
  readonly hooks: HookCaller;
  /** The configuration; not changed from here on. */
  readonly config: SslConfig;
  /** What the configuration is by now, for a handshake after the first one; default the same. */
  readonly latestConfig?: (() => SslConfig) | undefined;
  /** Where the peer is; `""` where the transport does not tell. */
  readonly peerAddress: string;
  /** Time and randomness. */
  readonly environment: Environment;
  /** Called when output has come up, or room to send, outside the caller's own calls. */
  readonly onProgress: () => void;
  /** Called with each alert, in the middle of things: it must only take note. */
  readonly onAlert?: AlertListener | undefined;
  /** How many records are sealed or opened at once. */
  readonly window?: number | undefined;
  /** For tests only. */
  readonly messageFilter?: MessageFilter | undefined;
}
