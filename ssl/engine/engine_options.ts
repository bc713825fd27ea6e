// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Environment } from "../base/environment.ts";
import type { SslConfig } from "../config/config.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import type { EarlyWrite } from "../handshake/early_data.ts";
import type { HandshakeMessage } from "../messages/handshake.ts";
import type { AlertListener } from "./alert_protocol.ts";

/** Returns the framed messages to send instead of an outgoing handshake message; for tests. */
export type MessageFilter = (message: HandshakeMessage) => readonly Uint8Array<ArrayBuffer>[];

/** The options of an engine. */
export interface EngineOptions {
  /** Calls the application's hooks. */
  readonly hooks: HookCaller;
  /** The configuration, which does not change. */
  readonly config: SslConfig;
  /** Returns the configuration of a later handshake; default the same. */
  readonly latestConfig?: (() => SslConfig) | undefined;
  /** The address of the peer; `""` if the transport does not know it. */
  readonly peerAddress: string;
  /** Time and randomness. */
  readonly environment: Environment;
  /** Called when there is new output, or room to send, outside of the caller's own calls. */
  readonly onProgress: () => void;
  /** Called synchronously with each alert; it must not use the engine. */
  readonly onAlert?: AlertListener | undefined;
  /** The early data that a client is to send. */
  readonly earlyWrite?: EarlyWrite | null | undefined;
  /** The number of records that are sealed or opened concurrently. */
  readonly window?: number | undefined;
  /** Replaces outgoing handshake messages; for tests. */
  readonly messageFilter?: MessageFilter | undefined;
}
