// Copyright 2026 the NSS for Deno authors. MIT license.

import { type TlsModule, tlsModulePeer } from "./node_socket.ts";

/** A name that is no import which a type check follows. */
const PACKAGE = "npm:lemon-tls@0.7.0";

/** TLS in JavaScript with the face of `node:tls`, on the synchronous functions of `node:crypto`. */
export const peer = tlsModulePeer(async (): Promise<TlsModule> => await import(PACKAGE));
