// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * NSS's SSL, certificate and PKCS#11 API for Deno, on WebCrypto: TLS that you can see into and decide about, on any byte
 * stream.
 *
 * ```ts
 * import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 *
 * // A server
 * const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 * const { port } = listener.addr as Deno.NetAddr;
 * const accepted = listener.accept();
 *
 * // A client
 * await using client = importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * await using server = await accepted;
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.group, "X25519MLKEM768");
 * assertEquals(info.peerCertificates[0]!.subject.toString(), cert.subject.toString());
 * listener.close();
 * ```
 *
 * @module
 */

export * from "./cert/mod.ts";
export * from "./pkcs11/mod.ts";
export * from "./ssl/mod.ts";
