// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslListener, SslModel, SslSocket } from "../base/socket_type.ts";

/**
 * What can be configured: a socket until its handshake begins, a listener for the sockets to come,
 * a model.
 */
export type Configurable = SslSocket | SslListener | SslModel;
