// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Two ends that know each other's keys, and need no certificates (RFC 7250): a device and its hub.
 *
 *     deno run --allow-net examples/raw_public_key.ts
 *
 * @module
 */

import { generateKeyPair, importFD } from "@nss/nss";
import { peerRawPublicKey } from "@nss/nss/ssl";

const hub = await generateKeyPair();
const device = await generateKeyPair("ed25519");
// What each end knows of the other; `openssl pkey -pubout` makes a file that will do as well.
const [hubPin, devicePin] = [await hub.publicKey.pin(), await device.publicKey.pin()];

const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
  clientAuth: "require",
  rawPublicKeys: { keys: [{ key: hub.privateKey }], accept: [devicePin] },
});
const { port } = listener.addr as Deno.NetAddr;
const accepted = listener.accept();
await using client = importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
  rawPublicKeys: { keys: [{ key: device.privateKey }], accept: [hubPin] },
});
await using server = await accepted;
await Promise.all([client.handshake(), server.handshake()]);
console.log(
  `The hub has the key ${peerRawPublicKey(client)}, the device ${peerRawPublicKey(server)}`,
);
listener.close();
