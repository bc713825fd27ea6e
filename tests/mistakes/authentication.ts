// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type Certificate,
  createCertificate,
  type CreateCertificateOptions,
  type ErrorName,
  type PrivateKey,
} from "@nss/nss/cert";
import { generateKeyPair, type KeyPairType, NssContext } from "@nss/nss/pkcs11";
import {
  authCertificate,
  type CertificateOptions,
  importFD,
  type ImportOptions,
  SslError,
} from "@nss/nss/ssl";
import { memoryPair } from "../support/memory_pair.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Trusting the peer, and being trusted";

interface Identity {
  readonly cert: Certificate;
  readonly key: PrivateKey;
}

async function makeIdentity(
  options: Omit<CreateCertificateOptions, "publicKey" | "privateKey" | "issuer">,
  issuer?: Identity,
  type?: KeyPairType,
): Promise<Identity> {
  const { publicKey, privateKey: key } = await generateKeyPair(type);
  const signer = issuer === undefined
    ? { privateKey: key }
    : { issuer: { certificate: issuer.cert, privateKey: issuer.key } };
  const cert = await createCertificate({ ...options, publicKey, ...signer });
  return { cert, key };
}

const subject = "CN=server.example";
const dnsNames = ["server.example"];
const root = await makeIdentity({ subject: "CN=Our Root", isCa: true });
const server = await makeIdentity({ subject, dnsNames }, root);
const rogue = await makeIdentity({ subject: "CN=Rogue Root", isCa: true });
const client = await makeIdentity({ subject: "CN=Alice" }, root);
const stranger = await makeIdentity({ subject: "CN=Mallory" }, rogue);
const edwards = await makeIdentity({ subject: "CN=Edwards" }, root, "ed25519");
const card = await makeIdentity({ subject: "CN=Card" }, root, "rsa-2048");
const p384 = await makeIdentity({ subject, dnsNames }, root, "ec-p384");
const past = { notBefore: new Date("2020-01-01"), notAfter: new Date("2021-01-01") };
const expired = await makeIdentity({ subject, dnsNames, ...past }, root);
const rogueExpired = await makeIdentity({ subject, dnsNames, ...past }, rogue);

/** Runs a handshake; throws the error of one end, which may come after the handshake. */
async function handshake(
  at: "client" | "server",
  clients: ImportOptions,
  servers: ImportOptions = {},
): Promise<void> {
  const [a, b] = memoryPair();
  const context = new NssContext({ trustAnchors: [] });
  await using one = importFD(a, {
    hostname: "server.example",
    caCerts: [root.cert],
    context,
    ...clients,
  });
  await using other = importFD(b, {
    role: "server",
    certificates: [server],
    caCerts: [root.cert],
    context,
    ...servers,
  });
  const [failed] = await Promise.all(
    (at === "client" ? [one, other] : [other, one]).map((socket) =>
      socket.handshake().then(() => socket.read(new Uint8Array(1))).catch((error) => error)
    ),
  );
  if (failed instanceof SslError) throw failed;
}

/** A client's own options against a server that shows a certificate. */
const against = (shown: CertificateOptions, options: ImportOptions) => () =>
  handshake("client", options, { certificates: [shown] });

/** What only JavaScript, or TypeScript that is not checked, can give back from a hook. */
// deno-lint-ignore no-explicit-any
const untyped = (value: any) => value;

const BAD = "SSL_ERROR_BAD_CERTIFICATE";
const UNKNOWN = "SEC_ERROR_UNKNOWN_ISSUER";
const REQUIRED: ErrorName = "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT";

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "an `authCertificate` hook without `return`",
    make: against(server, {
      authCertificate: untyped(async (...args: Parameters<typeof authCertificate>) => {
        await authCertificate(...args);
      }),
    }),
    name: BAD,
    says:
      "Cannot trust certificate: the authCertificate hook returned undefined, and only true accepts; perhaps a return or an await is missing in it",
  },
  {
    mistake: "an `authCertificate` hook that returns the result of `find()`",
    make: against(server, {
      authCertificate: (_socket, { chain }) => untyped(chain.find(() => true)),
    }),
    name: BAD,
    says:
      "Cannot trust certificate: the authCertificate hook returned an object of type Certificate, and only true accepts",
  },
  {
    mistake: "an `authCertificate` hook that refuses",
    make: against(server, { authCertificate: () => false }),
    name: BAD,
    says: "Cannot trust certificate: the authCertificate hook refused it",
  },
  {
    mistake: "a `badCert` hook that returns the name of the error, not a list",
    make: against(expired, { badCert: (_socket, { name }) => untyped(name) }),
    name: "SEC_ERROR_EXPIRED_CERTIFICATE",
    says:
      'Cannot verify certificate "CN=server.example": it expired at 2021-01-01T00:00:00.000Z; the badCert hook returned "SEC_ERROR_EXPIRED_CERTIFICATE", which is neither true nor a list of names of errors',
  },
  {
    mistake: "a `badCert` hook whose list has a misspelled name",
    make: against(expired, { badCert: () => [untyped("SEC_ERROR_CERT_EXPIRED")] }),
    name: "SEC_ERROR_EXPIRED_CERTIFICATE",
    says:
      'Cannot verify certificate "CN=server.example": it expired at 2021-01-01T00:00:00.000Z; the badCert hook returned a list with "SEC_ERROR_CERT_EXPIRED", which is no name of an error',
  },
  {
    mistake: "a `badCert` hook that tolerates expired certificates, and a rogue one",
    make: against(rogueExpired, { badCert: () => ["SEC_ERROR_EXPIRED_CERTIFICATE"] }),
    name: UNKNOWN,
    says:
      'Cannot verify certificate "CN=server.example": its issuer "CN=Rogue Root" is not known: the peer has not sent an intermediate certificate, or the root is not trusted; give it in caCerts, or in the file of DENO_CERT or NODE_EXTRA_CA_CERTS (programs cannot see the roots of Deno\'s --cert)',
  },
  {
    mistake: "a client of an authority that the server does not trust",
    make: () => handshake("server", { certificates: [stranger] }, { clientAuth: "require" }),
    name: UNKNOWN,
    says:
      'Cannot verify certificate "CN=Mallory": its issuer "CN=Rogue Root" is not known: the peer has not sent an intermediate certificate, or the root is not trusted; give it in caCerts, or in the file of DENO_CERT or NODE_EXTRA_CA_CERTS (programs cannot see the roots of Deno\'s --cert)',
  },
  {
    mistake: "a `getClientAuthData` hook that returns nothing, where the server requires one",
    make: () =>
      handshake("client", { getClientAuthData: () => undefined }, { clientAuth: "require" }),
    name: REQUIRED,
    says:
      "Peer sent alert certificate_required (116): it wants a client certificate; give one by the certificates option or getClientAuthData. This client sent no certificate: the getClientAuthData hook chose none",
  },
  {
    mistake: "a client's certificate with a key that the server does not accept",
    make: () =>
      handshake("client", { certificates: [edwards] }, {
        clientAuth: "require",
        signatureSchemes: ["ecdsa_secp256r1_sha256"],
      }),
    name: REQUIRED,
    says:
      'Peer sent alert certificate_required (116): it wants a client certificate; give one by the certificates option or getClientAuthData. This client sent no certificate: "CN=Edwards" was passed over, because its key (ed25519) signs with no scheme that both ends accept',
  },
  {
    mistake: "TLS 1.3 with a client's RSA key in a token that cannot do RSASSA-PSS",
    make: () => {
      const { algorithm } = card.key;
      const schemes = ["rsa_pkcs1_sha256"] as const;
      const sign: PrivateKey["sign"] = (scheme, data) => card.key.sign(scheme, data);
      const key: PrivateKey = { algorithm, schemes, sign };
      return handshake("client", { certificates: [{ cert: card.cert, key }] }, {
        clientAuth: "require",
      });
    },
    name: REQUIRED,
    says:
      'Peer sent alert certificate_required (116): it wants a client certificate; give one by the certificates option or getClientAuthData. This client sent no certificate: "CN=Card" was passed over, because its key (rsa 2048) signs with no scheme that both ends accept; if its token cannot do RSASSA-PSS, set pkcs1ClientAuth at both ends, or use TLS 1.2',
  },
  {
    mistake: "a client's certificate that its own `policy` forbids",
    make: () =>
      handshake("client", {
        certificates: [client],
        policy: "cnsa-1.0",
        authCertificate: () => true,
      }, { clientAuth: "require", certificates: [p384] }),
    name: REQUIRED,
    says:
      'Peer sent alert certificate_required (116): it wants a client certificate; give one by the certificates option or getClientAuthData. This client sent no certificate: "CN=Alice" was passed over, because policy "cnsa-1.0" forbids it: its key is on P-256',
  },
  {
    mistake: "a server's certificate that its own `policy` forbids",
    make: () => handshake("server", {}, { policy: "cnsa-1.0" }),
    name: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    says:
      'Cannot complete handshake: this server has no certificate that it may use: "CN=server.example" was passed over, because policy "cnsa-1.0" forbids it: its key is on P-256',
  },
];
