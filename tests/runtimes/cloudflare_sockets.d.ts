// Copyright 2026 the NSS for Deno authors. MIT license.

/** The part of workerd's sockets that these tests use. */
declare module "cloudflare:sockets" {
  /** Connects over TCP. */
  export function connect(
    address: { readonly hostname: string; readonly port: number },
  ): {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
  };
}
