// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically.

import type net from "node:net";
import type tls from "node:tls";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import type { SecureContext } from "./secure_context.ts";

/**
 * A private key: what Node takes, a `CryptoKey`, or any key that signs.
 *
 * @category Node
 */
export type KeyInput = NonNullable<tls.SecureContextOptions["key"]> | CryptoKey | PrivateKey;

/**
 * The options of {@linkcode createSecureContext}: Node's, with more kinds of keys.
 *
 * @category Node
 */
export interface SecureContextOptions extends Omit<tls.SecureContextOptions, "key"> {
  /** The private keys of the certificates in `cert`. */
  key?: KeyInput | readonly KeyInput[] | undefined;
}

/**
 * The options of {@linkcode connect}: Node's, those of `net.connect` included.
 *
 * @category Node
 */
export interface ConnectionOptions
  extends
    Omit<tls.ConnectionOptions, "key" | "secureContext">,
    Partial<Omit<net.TcpSocketConnectOpts, keyof tls.ConnectionOptions>> {
  /** The private keys of the certificates in `cert`. */
  key?: KeyInput | readonly KeyInput[] | undefined;
  /** The configuration, in place of the options that make one. */
  secureContext?: SecureContext | tls.SecureContext | undefined;
  /** Whether to ask for an OCSP response; the event `OCSPResponse` has it. */
  requestOCSP?: boolean | undefined;
  /** As of `importFD`: whether an end without close_notify is a regular one, as it is in Node. */
  allowTruncation?: boolean | undefined;
  /** Aborts the connection. */
  signal?: AbortSignal | undefined;
  /** The number of bytes that are buffered in each direction. */
  highWaterMark?: number | undefined;
}

/**
 * The options of {@linkcode createServer}: Node's, those of `net.createServer` included.
 *
 * @category Node
 */
export interface ServerOptions extends Omit<tls.TlsOptions, "key" | "SNICallback"> {
  /** The private keys of the certificates in `cert`. */
  key?: SecureContextOptions["key"];
  /** As of `importFD`: whether an end without close_notify is a regular one, as it is in Node. */
  allowTruncation?: boolean | undefined;
  /** Chooses the certificates by the name that the client asks for. */
  SNICallback?:
    | ((
      servername: string,
      done: (error: Error | null, context?: SecureContext | tls.SecureContext) => void,
    ) => void)
    | undefined;
  /** Chooses the application protocol; `undefined` refuses the client. */
  ALPNCallback?:
    | ((offer: { servername: string; protocols: string[] }) => string | undefined)
    | undefined;
}
