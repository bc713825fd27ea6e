// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslListener, SslModel, SslSocket } from "../base/socket_type.ts";

/**
 * The target of a setting: a socket, except during a handshake; a listener, for the sockets that it
 * accepts later; or a model.
 *
 * @category Options
 */
export type Configurable = SslSocket | SslListener | SslModel;
