// Copyright 2026 the NSS for Deno authors. MIT license.

import { createCertificate } from "@nss/nss/cert";
import { generateKeyPair } from "@nss/nss/pkcs11";
import { authCertificate, importFD, type PeerAuthentication } from "@nss/nss/ssl";
import { memoryPair } from "../support/memory_pair.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Changing what a hook is called with";

/** Runs a handshake whose client's hook changes the peer, and returns the client's error. */
async function change(how: (peer: PeerAuthentication) => void): Promise<never> {
  const { publicKey, privateKey: key } = await generateKeyPair();
  const cert = await createCertificate({ publicKey, privateKey: key, dnsNames: ["a.test"] });
  const [a, b] = memoryPair();
  await using client = importFD(a, {
    hostname: "a.test",
    caCerts: [cert],
    authCertificate: async (socket, peer) => {
      how(peer);
      return await authCertificate(socket, peer);
    },
  });
  await using server = importFD(b, { role: "server", certificates: [{ cert, key }] });
  const [outcome] = await Promise.allSettled([client.handshake(), server.handshake()]);
  throw outcome.status === "rejected" ? outcome.reason : new Error("it was accepted");
}

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "an `authCertificate` hook that sets `peer.trustAnchors`",
    make: () => change((peer) => Object.assign(peer, { trustAnchors: [] })),
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      "Cannot change trustAnchors of the peer that a hook is called with: it is read-only; pass another object on, such as { ...peer, trustAnchors: [...] }",
  },
  {
    mistake: "an `authCertificate` hook that sets `peer.chain`",
    make: () => change((peer) => Object.assign(peer, { chain: [] })),
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      "Cannot change chain of the peer that a hook is called with: it is read-only; pass another object on, such as { ...peer, chain: [...] }",
  },
];
