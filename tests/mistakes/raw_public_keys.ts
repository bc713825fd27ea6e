// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  generateKeyPair,
  importFD,
  type ImportOptions,
  importPrivateKey,
  type PrivateKey,
} from "@nss/nss";
import type { RawPublicKeyOptions } from "@nss/nss/ssl";
import { clientOptions, closeAll, serverOptions } from "../ssl/_support.ts";
import { memoryPair } from "../support/memory_pair.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Raw public keys";

const INVALID = "SEC_ERROR_INVALID_ARGS";
const TYPE = "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE";
const PRIVATE = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`;
const { privateKey, publicKey } = await generateKeyPair();
const own = { key: PRIVATE, publicKey: (await importPrivateKey(PRIVATE)).publicKey! };
const webCrypto = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
  "sign",
  "verify",
]);
const { algorithm } = privateKey;
const silent: PrivateKey = { algorithm, sign: (...args) => privateKey.sign(...args) };

const option = (rawPublicKeys: RawPublicKeyOptions) => () =>
  importFD(memoryPair()[0], { rawPublicKeys });
// deno-lint-ignore no-explicit-any -- types do not bind JavaScript
const any = (rawPublicKeys: any) => option(rawPublicKeys);

/** What ends a handshake at one of the ends. */
const handshake =
  (at: "client" | "server", client: ImportOptions, server: ImportOptions) => async () => {
    const [a, b] = memoryPair();
    const ends = {
      client: importFD(a, clientOptions(client)),
      server: importFD(b, serverOptions(server)),
    };
    // In TLS 1.3 a client's handshake is complete before the server has looked at its key
    const other = at === "client" ? ends.server.handshake() : ends.client.handshake();
    other.catch(() => {});
    try {
      await ends[at].handshake();
    } finally {
      await closeAll(ends.client, ends.server);
    }
  };

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`rawPublicKeys: {}`",
    make: option({}),
    name: INVALID,
    says:
      "Cannot use option rawPublicKeys: it says neither which keys to present nor which to accept",
  },
  {
    mistake: "`rawPublicKeys: { accept: [] }`",
    make: option({ accept: [] }),
    name: INVALID,
    says: "Cannot use option rawPublicKeys.accept: it is empty, so that no peer could be accepted",
  },
  {
    mistake: "`rawPublicKeys: { accept: true }`",
    make: any({ accept: true }),
    name: INVALID,
    says:
      "Cannot use option rawPublicKeys.accept: a boolean is neither an array of public keys nor a function",
  },
  {
    mistake: "a pin in hexadecimal digits",
    make: option({ accept: ["ab".repeat(32)] }),
    name: INVALID,
    says:
      "Cannot use option rawPublicKeys.accept[0]: the text is neither PEM nor the Base64 of a SHA-256, 44 characters such as SubjectPublicKeyInfo.pin() returns",
  },
  {
    mistake: "the private key among the keys to accept",
    make: option({ accept: [webCrypto.privateKey] }),
    name: INVALID,
    says:
      "Cannot use option rawPublicKeys.accept[0]: the CryptoKey is a private one, not a public one",
  },
  {
    mistake: "a PEM text of a private key among the keys to accept",
    make: option({ accept: [PRIVATE] }),
    name: "SEC_ERROR_BAD_DER",
    says:
      "Cannot use option rawPublicKeys.accept[0]: the text holds only PRIVATE KEY, and no PUBLIC KEY",
  },
  {
    mistake: "a WebCrypto key that is not extractable, without its public key",
    make: option({ keys: [{ key: webCrypto.privateKey }] }),
    name: INVALID,
    says:
      "Cannot use option rawPublicKeys.keys[0]: the key does not show its public key, which is what is sent; give the member publicKey",
  },
  {
    mistake: "an object that signs, without `publicKey`",
    make: option({ keys: [{ key: silent }] }),
    name: INVALID,
    says:
      "Cannot use option rawPublicKeys.keys[0]: the key does not show its public key, which is what is sent; give the member publicKey",
  },
  {
    mistake: "`publicKey` is another key's",
    make: option({ keys: [{ key: PRIVATE, publicKey }] }),
    name: INVALID,
    says:
      "Cannot use raw public key (ec P-256): the key given for it is not its own; it is of kind ed25519, not ec P-256",
  },
  {
    mistake: "the server has a key that the client does not pin",
    make: handshake("client", { rawPublicKeys: { accept: [publicKey] } }, {
      rawPublicKeys: { keys: [own] },
    }),
    name: "SSL_ERROR_BAD_CERTIFICATE",
    says:
      `Cannot trust raw public key: its SHA-256 is ${await own.publicKey.pin()}, which is not ` +
      "in the list rawPublicKeys.accept; add it if the peer has changed its key, and only if you " +
      "know that it has",
  },
  {
    mistake: "a hook `rawPublicKeys.accept` that does not return",
    make: handshake(
      "client",
      // deno-lint-ignore no-explicit-any -- types do not bind JavaScript
      { rawPublicKeys: { accept: (() => {}) as any } },
      { rawPublicKeys: { keys: [own] } },
    ),
    name: "SSL_ERROR_BAD_CERTIFICATE",
    says:
      "Cannot trust raw public key: the hook rawPublicKeys.accept returned undefined, and only true accepts; perhaps a return or an await is missing in it",
  },
  {
    mistake: "the client pins raw public keys, and the server has a certificate",
    make: handshake("server", { rawPublicKeys: { accept: [publicKey] } }, {}),
    name: TYPE,
    says:
      "Cannot complete handshake: the client takes raw public keys only, and this server has none; give the option rawPublicKeys.keys",
  },
  {
    mistake: "the server has raw public keys alone, and the client takes certificates",
    make: handshake("server", {}, { certificates: [], rawPublicKeys: { keys: [own] } }),
    name: TYPE,
    says:
      "Cannot complete handshake: the client takes no raw public key, and this server has nothing else; give the option certificates, too",
  },
  {
    mistake: "the server requires a client's raw public key, and the client offers none",
    make: handshake("server", {}, {
      clientAuth: "require",
      rawPublicKeys: { accept: [publicKey] },
    }),
    name: TYPE,
    says:
      "Cannot accept client: it offers no raw public key, and this server takes nothing else; set rawPublicKeys.orCertificate to accept its certificate, too",
  },
  {
    mistake: "the client has a raw public key alone, and nothing tells the server how to judge it",
    make: handshake("server", { rawPublicKeys: { keys: [own] } }, { clientAuth: "require" }),
    name: TYPE,
    says:
      "Cannot accept client: it offers no certificate, and this server takes no raw public key; give the option rawPublicKeys.accept",
  },
];
