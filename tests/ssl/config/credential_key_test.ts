// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createCertificate, NssError, parseSubjectPublicKeyInfo } from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair, type KeyPairType } from "@nss/nss/pkcs11";
import { exportPkcs8 } from "../../../pkcs11/keys/private_key.ts";
import {
  type CertificateOptions,
  configServerCert,
  importFD,
  type ImportOptions,
  newModel,
  SslError,
} from "@nss/nss/ssl";
import {
  assertFails,
  clientOptions,
  connected,
  failureOf,
  HOSTNAME,
  type JoinOptions,
  makeIdentity,
  pingPong,
  PKI,
  serverOptions,
} from "../_support.ts";

type Key = CertificateOptions["key"];

const { cert } = PKI.server;
const other = await generateKeyPair("ec-p256", { extractable: true });
const extractable = async (type: KeyPairType) =>
  (await generateKeyPair(type, { extractable: true })).privateKey;
/** A key pair of WebCrypto's that does not show its public key. */
const sealed = async (): Promise<CryptoKeyPair> =>
  await crypto.subtle.generateKey(
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign", "verify"],
  ) as CryptoKeyPair;
/** An Ed25519 key, whose encoding does not have the public key. */
const edwards = await makeIdentity({ dnsNames: [HOSTNAME] }, PKI.root, "ed25519");
const edwardsPem = await exportPrivateKeyPem(await extractable("ed25519"));

/** The places that take a certificate with its key as options. */
const PLACES: readonly (readonly [string, (key: Key) => unknown])[] = [
  ["importFD() of a socket", (key) => {
    const { readable, writable } = new TransformStream<Uint8Array>();
    return importFD({ readable, writable }, { role: "server", certificates: [{ cert, key }] });
  }],
  ["newModel()", (key) => newModel({ certificates: [{ cert, key }] })],
];

for (const [place, give] of PLACES) {
  Deno.test(`${place} refuses a key that is not its certificate's`, async () => {
    const rows: readonly (readonly [Key, string])[] = [
      [
        await exportPrivateKeyPem(other.privateKey),
        "not its own, but another one of kind ec P-256",
      ],
      [await exportPkcs8(other.privateKey), "not its own, but another one of kind ec P-256"],
      [
        await exportPrivateKeyPem(await extractable("ec-p384")),
        "it is of kind ec P-384, not ec P-256",
      ],
      [await exportPrivateKeyPem(await extractable("rsa-2048")), "it is of kind rsa, not ec P-256"],
      [edwardsPem, "it is of kind ed25519, not ec P-256"],
      [other.privateKey, "not its own, but another one of kind ec P-256"],
      [
        { algorithm: { type: "ec", curve: "P-384" }, sign: () => Promise.reject() },
        "it is of kind ec P-384, not ec P-256",
      ],
    ];
    for (const [key, says] of rows) {
      const error = assertThrows(() => give(key), SslError);
      assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
      assertStringIncludes(
        error.message,
        `Cannot use certificate "${cert.subject}": the key given for it is not its own`,
      );
      assertStringIncludes(error.message, says);
    }
  });

  Deno.test(`${place} refuses what is no private key, or an encrypted one`, async () => {
    const encrypted = await exportPrivateKeyPem(other.privateKey, { password: "correct horse" });
    const publicPem = other.publicKey.toPem();
    // deno-lint-ignore no-explicit-any -- what JavaScript may pass
    const rows: readonly (readonly [any, string, string])[] = [
      ["server-key.pem", "SEC_ERROR_NO_KEY", "if it is the name of a file, read the file first"],
      ["", "SEC_ERROR_NO_KEY", "the text holds no PEM block"],
      [cert.toPem(), "SEC_ERROR_NO_KEY", "holds only CERTIFICATE, and no PRIVATE KEY"],
      [
        cert.der,
        "SEC_ERROR_NO_KEY",
        "a certificate or another signed document, and no private key",
      ],
      [publicPem, "SEC_ERROR_NO_KEY", "holds only PUBLIC KEY, and no PRIVATE KEY"],
      [other.publicKey.der, "SEC_ERROR_NO_KEY", "a public key, and no private key"],
      [encrypted, "SEC_ERROR_BAD_PASSWORD", "importPrivateKey(key, { password }) takes one"],
      [new Uint8Array(40), "SEC_ERROR_BAD_DER", ""],
      [(await sealed()).publicKey, "SEC_ERROR_INVALID_ARGS", "public one for verify"],
      [other, "SEC_ERROR_INVALID_ARGS", "it is a key pair; give its privateKey"],
      [Promise.resolve(other.privateKey), "SEC_ERROR_INVALID_ARGS", "it is a Promise; await it"],
      [null, "SEC_ERROR_INVALID_ARGS", "none is given"],
      [{}, "SEC_ERROR_INVALID_ARGS", "no PEM text, no bytes, no CryptoKey"],
    ];
    for (const [key, name, says] of rows) {
      const error = assertThrows(() => give(key), SslError);
      assertEquals(error.name, name, error.message);
      assertStringIncludes(error.message, `certificate "${cert.subject}": `);
      assertStringIncludes(error.message, says);
    }
  });
}

/** Keys that show whose they are only when they are imported, or sign. */
async function silentKeys(): Promise<(readonly [string, CertificateOptions])[]> {
  const { privateKey } = await sealed();
  return [
    ["Ed25519 in PEM", { cert: edwards.cert, key: edwardsPem }],
    ["a CryptoKey that does not leave WebCrypto", { cert, key: privateKey }],
    ["an object that signs", {
      cert,
      key: {
        algorithm: { type: "ec", curve: "P-256" },
        sign: (scheme, data) => other.privateKey.sign(scheme, data),
      },
    }],
  ];
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const versions = { min: version, max: version };
  for (const [name, credential] of await silentKeys()) {
    const wrong = { certificates: [credential] };
    Deno.test(`a key that is not the certificate's ends the handshake before anything is signed with it for the peer: ${name} (${version})`, async () => {
      const rows: readonly (readonly ["client" | "server", JoinOptions])[] = [
        ["server", { server: { versions, ...wrong } }],
        ["server", { server: { versions, sniSocketConfig: () => wrong } }],
        ["client", { client: { versions, ...wrong }, server: { clientAuth: "require" } }],
        ["client", {
          client: { versions, getClientAuthData: () => credential },
          server: { clientAuth: "require" },
        }],
      ];
      for (const [at, options] of rows) {
        const error = await assertFails(options, {
          at,
          error: "SEC_ERROR_INVALID_ARGS",
          alert: "internal_error",
        });
        assertStringIncludes(error.message, "the key given for it is not its own");
      }
    });
  }
}

Deno.test("a server compares keys that only show themselves when imported at the first handshake, of certificates that it does not choose, too", async () => {
  const { privateKey } = await sealed();
  const options = { certificates: [PKI.server.credential, { cert, key: privateKey }] };
  const error = await assertFails({ server: options }, {
    at: "server",
    error: "SEC_ERROR_INVALID_ARGS",
    alert: "internal_error",
  });
  assertStringIncludes(error.message, "not its own");
});

Deno.test("a server whose key is refused goes on accepting, and serves once it has the right one", async () => {
  const { privateKey } = await sealed();
  const options: ImportOptions = { certificates: [{ cert, key: privateKey }] };
  using listener = importFD(
    Deno.listen({ hostname: "127.0.0.1", port: 0 }),
    serverOptions(options),
  );
  const outcomes: string[] = [];
  const serving = (async () => {
    for await (const socket of listener) {
      try {
        await socket.handshake();
        outcomes.push("served");
        await socket.close();
      } catch (error) {
        outcomes.push(error instanceof NssError ? error.name : String(error));
      }
      if (outcomes.length === 3) return;
    }
  })();
  const connect = async () =>
    importFD(
      await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port }),
      clientOptions(),
    );
  for (let i = 0; i < 2; i++) {
    await using client = await connect();
    assertEquals((await failureOf(client.handshake())).origin, "peer");
  }
  await configServerCert(listener, cert, PKI.server.credential.key);
  await using client = await connect();
  await client.handshake();
  await serving;
  assertEquals(outcomes, ["SEC_ERROR_INVALID_ARGS", "SEC_ERROR_INVALID_ARGS", "served"]);
});

Deno.test("the right key is accepted in each form, and an object's signatures are verified until one is right", async () => {
  const own = await makeIdentity({ dnsNames: [HOSTNAME] }, PKI.root);
  const identity = await makeIdentity({ dnsNames: [HOSTNAME] }, PKI.root, "ed25519");
  const pair = await sealed();
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const ofSealed = await createCertificate({
    dnsNames: [HOSTNAME],
    publicKey: parseSubjectPublicKeyInfo(spki),
    issuer: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
  });
  let signatures = 0;
  const forms: readonly CertificateOptions[] = [
    own.credential,
    identity.credential,
    { cert: ofSealed, key: pair.privateKey },
    {
      cert: own.cert,
      key: {
        algorithm: { type: "ec", curve: "P-256" },
        sign: (scheme, data) => (signatures++, own.keys.privateKey.sign(scheme, data)),
      },
    },
  ];
  for (const credential of forms) {
    for (let i = 0; i < 2; i++) {
      await using joined = await connected({ server: { certificates: [credential] } });
      await pingPong(joined);
    }
  }
  assertEquals(signatures, 2);
});
