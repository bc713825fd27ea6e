// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ErrorName } from "@nss/nss/cert";
import { NssContext } from "@nss/nss/pkcs11";
import {
  addExternalPsk,
  importFD,
  type ImportOptions,
  newModel,
  removeExternalPsk,
} from "@nss/nss/ssl";
import { createCertificate } from "@nss/nss/cert";
import { generateKeyPair } from "@nss/nss/pkcs11";
import { memoryPair } from "../support/memory_pair.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "External pre-shared keys";

const key = new Uint8Array(32).fill(1);
const psk = { identity: "device 7", key };
const keys = await generateKeyPair();
const cert = await createCertificate({ ...keys, dnsNames: ["server.example"] });
const certificates = [{ cert, key: keys.privateKey }];
const tls13 = { min: "TLSv1.3" } as const;
const tls12 = {
  versions: { max: "TLSv1.2" },
  cipherSuites: ["TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256"],
} as const;

/** Runs a handshake; throws the error of one end. */
async function handshake(
  at: "client" | "server",
  client: ImportOptions,
  server: ImportOptions,
): Promise<void> {
  const [a, b] = memoryPair();
  const context = new NssContext({ trustAnchors: [] });
  const ends = {
    client: importFD(a, { context, versions: tls13, ...client }),
    server: importFD(b, { context, role: "server", ...server }),
  };
  const other = at === "client" ? ends.server : ends.client;
  other.handshake().catch(() => {});
  try {
    await ends[at].handshake();
    await ends[at].read(new Uint8Array(1));
  } finally {
    await Promise.allSettled([ends.client.close(), ends.server.close()]);
  }
}

const ARGS: ErrorName = "SEC_ERROR_INVALID_ARGS";
const given = (value: object) => () => newModel({ externalPsks: [{ ...psk, ...value }] });

/** The rows. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`externalPsks: [{ identity, key: new Uint8Array(8) }]`",
    make: given({ key: new Uint8Array(8) }),
    name: ARGS,
    says:
      "Cannot use pre-shared key: externalPsks[0].key has 8 bytes, and 16 (128 bits) are the least that RFC 9257 allows; make one by crypto.getRandomValues(new Uint8Array(32))",
  },
  {
    mistake: "a password as `key`",
    make: given({ key: "correct horse" }),
    name: ARGS,
    says:
      "Cannot use pre-shared key: externalPsks[0].key is a string, not a Uint8Array or a CryptoKey",
  },
  {
    mistake: "a `CryptoKey` for HMAC as `key`",
    make: async () => {
      const algorithm = { name: "HMAC", hash: "SHA-256" };
      const hmac = await crypto.subtle.importKey("raw", key, algorithm, false, ["sign"]);
      given({ key: hmac })();
    },
    name: ARGS,
    says:
      'Cannot use pre-shared key: externalPsks[0].key is a CryptoKey for HMAC with the usages sign; import it by crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"])',
  },
  {
    mistake: "one name for both nodes of an importer",
    make: given({ importer: { client: "a", server: "a" } }),
    name: ARGS,
    says:
      "Cannot use pre-shared key: externalPsks[0].importer has one name for client and server; a node does not talk to itself",
  },
  {
    mistake: "two keys of one identity",
    make: () => addExternalPsk(newModel({ externalPsks: [psk] }), psk),
    name: ARGS,
    says:
      "Cannot use pre-shared key: externalPsks[0] has the identity of another one; remove one of the two",
  },
  {
    mistake: "`removeExternalPsk()` of an identity that is not there",
    make: () => removeExternalPsk(newModel(), "device 7"),
    name: "SEC_ERROR_NO_KEY",
    says:
      "Cannot remove pre-shared key: there is none of this identity; compare it with what externalPsks or addExternalPsk() was given",
  },
  {
    mistake: "a client's key is another one than the server's",
    make: () =>
      handshake("server", { externalPsks: [psk] }, {
        externalPsks: [{ ...psk, key: new Uint8Array(32) }],
      }),
    name: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    says:
      'Cannot accept client: it does not hold the pre-shared key of the identity "device 7", or not with this hash; compare the keys of both ends',
  },
  {
    mistake: "a client's identity is unknown to the server, or only one end imports the key",
    make: () =>
      handshake("server", { externalPsks: [{ ...psk, importer: {} }] }, { externalPsks: [psk] }),
    name: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    says:
      "Cannot accept client: this server has none of the pre-shared keys that it offers, and no certificate; compare identities, hashes and importers of both ends",
  },
  {
    mistake: "a client with a key, and a server with a certificate alone",
    make: () => handshake("client", { externalPsks: [psk] }, { certificates }),
    name: "SSL_ERROR_KEY_EXCHANGE_FAILURE",
    says:
      "Cannot take ServerHello: the server uses none of the pre-shared keys that were offered; compare identities, hashes, importers and pskKeyExchangeModes of both ends, or set certificateFallback to accept its certificate",
  },
  {
    mistake: "a server with a key alone, and a client without one",
    make: () => handshake("server", { hostname: "server.example" }, { externalPsks: [psk] }),
    name: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    says:
      "Cannot complete handshake: this server has no certificate, and the client offers no pre-shared key in a mode of pskKeyExchangeModes",
  },
  {
    mistake: 'a server with a key alone and `clientAuth: "require"`',
    make: () =>
      handshake("server", { externalPsks: [psk] }, { externalPsks: [psk], clientAuth: "require" }),
    name: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    says:
      'Cannot complete handshake: this server has no certificate, and takes no pre-shared key, because clientAuth "require" wants a certificate of the client',
  },
  {
    mistake: "a key for SHA-384, and suites with SHA-256 alone",
    make: () =>
      handshake("client", {
        externalPsks: [{ ...psk, hash: "SHA-384" }],
        cipherSuites: ["TLS_AES_128_GCM_SHA256"],
      }, { externalPsks: [psk] }),
    name: "SSL_ERROR_NO_CYPHER_OVERLAP",
    says:
      "Cannot start handshake: the pre-shared key is bound to SHA-384, and no cipher suite that is enabled has this hash; compare the options cipherSuites and externalPsks",
  },
  {
    mistake: "a client's `getExternalPsk` that returns nothing",
    make: () => handshake("client", { getExternalPsk: () => null }, { externalPsks: [psk] }),
    name: "SSL_ERROR_APPLICATION_ABORT",
    says:
      "Cannot start handshake: the getExternalPsk hook has returned no pre-shared key, and without the option certificateFallback this client takes no certificate in its place",
  },
  {
    mistake: "an imported key in TLS 1.2",
    make: () =>
      handshake("client", { ...tls12, externalPsks: [{ ...psk, importer: {} }] }, {
        ...tls12,
        externalPsks: [psk],
      }),
    name: "SSL_ERROR_CLIENT_KEY_EXCHANGE_FAILURE",
    says:
      "Cannot answer server: TLS 1.2 needs the bytes of a pre-shared key, and imports none; give the key as a Uint8Array without importer, or use TLS 1.3",
  },
  {
    mistake: "a key without the suite of TLS 1.2, where the versions leave TLS 1.2 alone",
    make: () =>
      handshake("client", { externalPsks: [psk], versions: tls12.versions }, {
        externalPsks: [psk],
      }),
    name: "SSL_ERROR_SSL_DISABLED",
    says:
      "Cannot start handshake: no cipher suite is left that is both enabled and allowed by policy; with external pre-shared keys TLS 1.2 has only TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256, which cipherSuites has to name",
  },
  {
    mistake: '`pskKeyExchangeModes: ["psk_ke"]` under a preset',
    make: () =>
      handshake("client", {
        externalPsks: [psk],
        pskKeyExchangeModes: ["psk_ke"],
        policy: "modern",
      }, {
        externalPsks: [psk],
      }),
    name: "SSL_ERROR_SSL_DISABLED",
    says:
      "Cannot start handshake: no PSK key exchange mode is left that is both enabled and allowed by policy",
  },
];
