// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * NSS's standard hook for a client's certificate, against our own server in memory, and with NSS
 * databases and SoftHSM against `openssl s_server -Verify`.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import {
  createCertificate,
  type CreateCertificateOptions,
} from "../../../cert/create/create_certificate.ts";
import type { ErrorName } from "../../../cert/base/errors.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { NssContext } from "../../../pkcs11/context/context.ts";
import {
  exportPrivateKeyPem,
  generateKeyPair,
  type KeyPairType,
} from "../../../pkcs11/keys/generate_key_pair.ts";
import { setPasswordFunc } from "../../../pkcs11/slots/slot.ts";
import { SoftToken } from "../../../pkcs11/token/softoken.ts";
import type { Token } from "../../../pkcs11/token/token.ts";
import { initContext } from "../../../pkcs11/context/init.ts";
import { peerCertificate, peerCertificateChain } from "../../../ssl/nss/certificates.ts";
import { setPKCS11PinArg } from "../../../ssl/nss/set_pkcs11_pin_arg.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { getClientAuthData } from "../../../ssl/authentication/get_client_auth_data.ts";
import type { ImportOptions } from "../../../ssl/config/import_options.ts";
import { importFD } from "../../../ssl/import_fd.ts";
import type { AlertName } from "../../../ssl/tables/alert_descriptions.ts";
import { replacing } from "../../support/failing_webcrypto.ts";
import { type Process, programVersion, run, runOk, spawn } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import {
  assertFails,
  connected,
  failureOf,
  type Identity,
  join,
  type JoinOptions,
  makeIdentity,
  outcomeOf,
  PKI,
  shake,
} from "../_support.ts";

const VERSIONS = ["TLSv1.3", "TLSv1.2"] as const;

const intermediate = await makeIdentity(
  { subject: "CN=Client CA", isCa: true, pathLength: 0 },
  PKI.root,
);

/** A context with nothing in it, or with another token of its own. */
function emptyContext(token?: Token): NssContext {
  return new NssContext({ trustAnchors: [], ...(token !== undefined && { token }) });
}

interface AddOptions extends Partial<Omit<CreateCertificateOptions, "publicKey" | "issuer">> {
  readonly nickname?: string;
  readonly issuer?: Identity;
  readonly keyType?: KeyPairType;
  readonly to?: Token;
}

/** Makes a key in a token, and a certificate for it. */
async function addIdentity(context: NssContext, options: AddOptions): Promise<Certificate> {
  const { nickname, issuer = PKI.root, keyType, to = context.token, ...rest } = options;
  const { publicKey } = await to.generateKeyPair(keyType);
  const certificate = await createCertificate({
    subject: `CN=${nickname ?? "client"}`,
    ...rest,
    publicKey,
    issuer: { certificate: issuer.cert, privateKey: issuer.keys.privateKey },
  });
  await importCert(to.certificates, certificate, nickname === undefined ? {} : { nickname });
  return certificate;
}

function joinOptions(
  context: NssContext,
  nickname: string | null,
  more: { client?: ImportOptions; server?: ImportOptions } = {},
): JoinOptions {
  return {
    client: { context, getClientAuthData: getClientAuthData(nickname), ...more.client },
    server: { clientAuth: "request", ...more.server },
  };
}

const only = (version: typeof VERSIONS[number]): ImportOptions => ({
  versions: { min: version, max: version },
});

/** The subject that the server sees, `null` for none. */
async function shown(
  context: NssContext,
  nickname: string | null,
  more: { client?: ImportOptions; server?: ImportOptions } = {},
): Promise<Certificate | null> {
  await using joined = await connected(joinOptions(context, nickname, more));
  return peerCertificate(joined.server);
}

/** The handshake fails at the client, before it shows anything. */
async function fails(
  context: NssContext,
  nickname: string | null,
  error: ErrorName,
  message: string,
): Promise<void> {
  await using joined = join(joinOptions(context, nickname));
  const [client] = await Promise.all([
    failureOf(joined.client.handshake()),
    outcomeOf(joined.server),
  ]);
  assertEquals(client.name, error, client.message);
  assertStringIncludes(client.message, message);
}

Deno.test("getClientAuthData() shows the certificate of a nickname with its chain, in every version", async () => {
  const context = emptyContext();
  await importCert(context.certDB, PKI.root.cert, { nickname: "root" });
  await importCert(context.certDB, intermediate.cert, { nickname: "client ca" });
  const alice = await addIdentity(context, { nickname: "alice", issuer: intermediate });
  await addIdentity(context, { nickname: "bob", issuer: intermediate });
  for (const version of VERSIONS) {
    await using joined = await connected(
      joinOptions(context, "alice", {
        server: { clientAuth: "require", versions: { min: "TLSv1.2" } },
        client: only(version),
      }),
    );
    // The server knows the root alone, so it has the intermediate from the client
    assertEquals(peerCertificateChain(joined.server), [alice, intermediate.cert]);
    const [info] = await shake(joined);
    assertEquals(info.version, version);
  }
  // By its name it is shown to whoever asks, whatever authorities they name
  const server = { caCerts: [PKI.otherRoot.cert], authCertificate: () => true };
  await using joined = await connected(joinOptions(context, "alice", { server }));
  assertEquals(peerCertificateChain(joined.server), [alice, intermediate.cert]);
});

Deno.test("getClientAuthData() goes on to the next where a key is gone, or signs in no way that fits", async () => {
  const token = new SoftToken();
  const certDB = new MemoryCertDB({ hasKey: () => true });
  const context = new NssContext({ trustAnchors: [], token, certDB });
  const alice = await addIdentity(context, { nickname: "alice" });
  await importCert(certDB, alice);
  const soon = new Date(Date.now() - 60_000);
  const gone = await makeIdentity({ subject: "CN=gone", notBefore: soon }, PKI.root);
  await importCert(certDB, gone.cert);
  assertEquals(await shown(context, null), alice);

  // A key of WebCrypto's signs in one way, of which TLS 1.3 knows nothing
  const pair = await crypto.subtle.generateKey(
    {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: 2048,
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  );
  const { publicKey } = await token.importKey(pair.privateKey);
  const rsa = await createCertificate({
    subject: "CN=rsa",
    publicKey: publicKey!,
    notBefore: soon,
    issuer: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
  });
  await importCert(certDB, rsa);
  assertEquals(await shown(context, null), alice);
  assertEquals(
    await shown(context, null, { client: only("TLSv1.2"), server: only("TLSv1.2") }),
    rsa,
  );
});

Deno.test("getClientAuthData() finds certificates by token, URI, fingerprint and e-mail address", async () => {
  const context = emptyContext();
  const card = new SoftToken({ label: "Card" });
  context.addToken(card);
  const mine = await addIdentity(context, {
    nickname: "me",
    to: card,
    emailAddresses: ["me@x.test"],
  });
  const own = await addIdentity(context, { nickname: "me", subject: "CN=own" });
  for (
    const [nickname, expected] of [
      ["Card:me", mine],
      ["pkcs11:token=Card;object=me;type=cert", mine],
      [(await mine.fingerprint()).toHex(), mine],
      ["me@x.test", mine],
      ["me", own],
      ["Memory:me", own],
      ["pkcs11:token=Memory", own],
    ] as const
  ) {
    assertEquals(await shown(context, nickname), expected, nickname);
  }
});

Deno.test("getClientAuthData() says why a certificate that is named cannot be shown", async () => {
  const context = emptyContext();
  await fails(context, "nobody", "SEC_ERROR_UNKNOWN_CERT", '"nobody": no token has it');
  await addIdentity(context, { nickname: "server", extKeyUsage: ["serverAuth"] });
  await fails(context, "server", "SEC_ERROR_INADEQUATE_CERT_TYPE", "not made for TLS clients");
  await addIdentity(context, { nickname: "seal", keyUsage: ["keyEncipherment"] });
  await fails(context, "seal", "SEC_ERROR_INADEQUATE_KEY_USAGE", "digitalSignature");
  await importCert(context.certDB, PKI.client.cert, { nickname: "lost" });
  await fails(context, "lost", "SEC_ERROR_NO_KEY", "CN=Client");
  await addIdentity(context, { subject: "CN=one", emailAddresses: ["both@x.test"] });
  await addIdentity(context, { subject: "CN=two", emailAddresses: ["both@x.test"] });
  await fails(context, "both@x.test", "SEC_ERROR_BAD_NICKNAME", "SHA-256");
  await fails(context, "pkcs11:token", "SEC_ERROR_INVALID_ARGS", "is not an attribute");
});

Deno.test("getClientAuthData() leaves a named certificate that has expired to the server", async () => {
  const context = emptyContext();
  const past = { notBefore: new Date(0), notAfter: new Date(86_400_000) };
  await addIdentity(context, { nickname: "old", ...past });
  await assertFails(joinOptions(context, "old"), {
    at: "server",
    error: "SEC_ERROR_EXPIRED_CERTIFICATE",
    alert: "certificate_expired" satisfies AlertName,
  });
  // Once it is renewed under its name, the new one counts
  const renewed = await addIdentity(context, { nickname: "old" });
  assertEquals(await shown(context, "old"), renewed);
});

Deno.test("getClientAuthData() takes of one name and subject what signs, has a key and fits the server", async () => {
  const context = emptyContext();
  const subject = "CN=Pair";
  const later = { notBefore: new Date(Date.now() - 60_000) };
  const signing = await addIdentity(context, { nickname: "pair", subject });
  await addIdentity(context, { nickname: "pair", subject, keyUsage: ["keyAgreement"], ...later });
  const lost = await makeIdentity({ subject, ...later }, PKI.root);
  await importCert(context.certDB, lost.cert, { nickname: "pair" });
  assertEquals(await shown(context, "pair"), signing);

  const rsa = await addIdentity(context, { nickname: "pair", subject, keyType: "rsa-2048" });
  const server = {
    certificates: [
      (await makeIdentity({ dnsNames: ["server.test"] }, PKI.root, "rsa-2048")).credential,
    ],
  };
  const schemes = ["rsa_pss_rsae_sha256", "rsa_pkcs1_sha256", "ecdsa_secp384r1_sha384"] as const;
  const rsaOnly = { server: { ...server, signatureSchemes: schemes.slice(0, 2) } };
  // The authorities' own signatures are ECDSA's, which a client does not look at
  assertEquals(await shown(context, "pair", rsaOnly).catch((error) => `${error}`), rsa);
});

Deno.test("getClientAuthData() shows nothing where the server would not understand the key", async () => {
  const context = emptyContext();
  await addIdentity(context, { nickname: "p384", keyType: "ec-p384" });
  const rsa = await makeIdentity({ dnsNames: ["server.test"] }, PKI.root, "rsa-2048");
  const p256 = { server: { signatureSchemes: ["ecdsa_secp256r1_sha256"] as const } };
  for (const nickname of ["p384", null]) {
    assertEquals(await shown(context, nickname, p256), null);
    const in12 = (server: ImportOptions) => ({
      client: only("TLSv1.2"),
      server: { ...server, ...only("TLSv1.2") },
    });
    const rsaOnly = {
      certificates: [rsa.credential],
      signatureSchemes: ["rsa_pss_rsae_sha256"] as const,
    };
    assertEquals(await shown(context, nickname, in12(rsaOnly)), null);
    // In TLS 1.2 the scheme names the hash, and not the curve.
    assertEquals((await shown(context, nickname, in12(p256.server)))?.subject.commonName, "p384");
    assertEquals((await shown(context, nickname))?.subject.commonName, "p384");
  }
});

Deno.test("getClientAuthData() chooses by what the server asks for, the newest first", async () => {
  const context = emptyContext();
  await importCert(context.certDB, intermediate.cert);
  const at = (minutes: number): Date => new Date(Date.now() - minutes * 60_000);
  assertEquals(await shown(context, null), null);
  const old = await addIdentity(context, { nickname: "old", notBefore: at(50) });
  const middle = await addIdentity(context, {
    nickname: "middle",
    notBefore: at(40),
    issuer: intermediate,
  });
  await addIdentity(context, {
    nickname: "authority",
    isCa: true,
    keyUsage: ["keyCertSign", "digitalSignature"],
  });
  // Each of these is newer, and wrong in one way
  await addIdentity(context, { nickname: "other", issuer: PKI.otherRoot });
  await addIdentity(context, { nickname: "server", extKeyUsage: ["serverAuth"] });
  await addIdentity(context, { nickname: "seal", keyUsage: ["keyAgreement"] });
  await addIdentity(context, { nickname: "expired", notBefore: at(9), notAfter: at(1) });
  await addIdentity(context, { nickname: "early", notBefore: at(-9) });
  await addIdentity(context, { nickname: "ed25519", keyType: "ed25519" });
  await importCert(context.certDB, PKI.client.cert, { nickname: "no key" });
  const ecdsa = { signatureSchemes: ["ecdsa_secp256r1_sha256"] as const };
  for (const version of VERSIONS) {
    const server = { ...ecdsa, versions: { min: "TLSv1.2" } as const };
    assertEquals(await shown(context, null, { client: only(version), server }), middle);
  }
  // The server names the client authority itself
  const caCerts = [intermediate.cert];
  assertEquals(await shown(context, null, { server: { ...ecdsa, caCerts } }), middle);
  assert(await context.certDB.deleteCert(intermediate.cert));
  assertEquals(await shown(context, null, { server: ecdsa }), old);
  const nobody = await makeIdentity({ subject: "CN=Nobody", isCa: true });
  assertEquals(await shown(context, null, { server: { caCerts: [nobody.cert] } }), null);
});

Deno.test("getClientAuthData() finds the issuer that has signed among several of one name", async () => {
  const context = emptyContext();
  const subject = "CN=Client CA";
  const another = await makeIdentity({ subject, isCa: true, notBefore: new Date() }, PKI.otherRoot);
  // The same key under two roots
  const cross = await createCertificate({
    subject,
    isCa: true,
    notBefore: new Date(),
    publicKey: intermediate.keys.publicKey,
    issuer: { certificate: PKI.otherRoot.cert, privateKey: PKI.otherRoot.keys.privateKey },
  });
  const expired = await createCertificate({
    subject,
    isCa: true,
    notBefore: new Date(Date.now() - 600_000),
    notAfter: new Date(Date.now() - 60_000),
    publicKey: intermediate.keys.publicKey,
    issuer: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
  });
  for (const certificate of [another.cert, cross, expired, intermediate.cert]) {
    await importCert(context.certDB, certificate);
  }
  const leaf = await addIdentity(context, { nickname: "leaf", issuer: intermediate });
  const rows = [[PKI.root, intermediate.cert], [PKI.otherRoot, cross]] as const;
  for (const [root, issuer] of rows) {
    await using joined = await connected(
      joinOptions(context, null, { server: { caCerts: [root.cert] } }),
    );
    assertEquals(peerCertificateChain(joined.server), [leaf, issuer]);
  }
});

Deno.test("getClientAuthData() shows an issuer whose signature the runtime could not verify", async () => {
  const context = emptyContext();
  const subject = "CN=Client CA";
  const another = await makeIdentity({ subject, isCa: true, notBefore: new Date() }, PKI.otherRoot);
  for (const { cert } of [another, intermediate]) await importCert(context.certDB, cert);
  const leaf = await addIdentity(context, { nickname: "leaf", issuer: intermediate });
  const { subtle } = crypto;
  const verify = subtle.verify;
  const tbs = leaf.tbsCertificate.toHex();
  let failures = 0;
  // Fails at the leaf's certificate, for the client that looks for its issuer
  const fail = (...args: Parameters<typeof verify>) => {
    const data = args[3];
    if (failures < 2 && data instanceof Uint8Array && data.toHex() === tbs) {
      failures++;
      return Promise.reject(new DOMException("The operation failed", "OperationError"));
    }
    return Reflect.apply(verify, subtle, args);
  };
  await replacing(subtle, "verify", fail, async () => {
    await using joined = await connected(joinOptions(context, null));
    assertEquals(peerCertificateChain(joined.server), [leaf, intermediate.cert]);
  });
  assertEquals(failures, 2);
});

Deno.test("getClientAuthData() ends its search among authorities that issue to each other", async () => {
  const context = emptyContext();
  const [a, b] = [
    await makeIdentity({ subject: "CN=A", isCa: true }),
    await makeIdentity({ subject: "CN=B", isCa: true }),
  ];
  for (let i = 0; i < 8; i++) {
    for (const [one, other] of [[a, b], [b, a]] as const) {
      const certificate = await createCertificate({
        subject: one.cert.subject,
        isCa: true,
        publicKey: one.keys.publicKey,
        issuer: { certificate: other.cert, privateKey: other.keys.privateKey },
      });
      await importCert(context.certDB, certificate);
    }
  }
  await addIdentity(context, { nickname: "lost in the loop", issuer: a });
  assertEquals(await shown(context, null), null);
  const caCerts = [b.cert];
  assertEquals(
    (await shown(context, null, { server: { caCerts } }))?.subject.commonName,
    "lost in the loop",
  );
});

Deno.test("getClientAuthData() asks for the password when the server asks for the certificate, with the pin argument", async () => {
  for (const nickname of ["me", null]) {
    const token = new SoftToken({ label: "Card", password: "secret" });
    const context = emptyContext(token);
    await token.login("secret");
    const certificate = await addIdentity(context, { nickname: "me" });
    await token.logout();
    const asked: unknown[] = [];
    setPasswordFunc((_slot, _retry, arg) => {
      asked.push(arg);
      return "secret";
    }, { for: context });
    await shown(context, nickname, { server: { clientAuth: "none" } });
    assertEquals(asked, []);
    const window = { title: "of the application" };
    await using joined = join(joinOptions(context, nickname));
    setPKCS11PinArg(joined.client, window);
    await shake(joined);
    assertEquals(peerCertificate(joined.server), certificate);
    assertEquals(asked.length, 1);
    assertStrictEquals(asked[0], window);
  }
});

Deno.test("getClientAuthData() shows nothing, and no other certificate, where the password is not given", async () => {
  const card = new SoftToken({ label: "Card", password: "secret" });
  const context = emptyContext();
  context.addToken(card);
  await card.login("secret");
  await addIdentity(context, { nickname: "other" });
  await addIdentity(context, { nickname: "me", to: card, notBefore: new Date() });
  await card.logout();
  assertEquals(await shown(context, null), null);
  await fails(context, "Card:me", "SEC_ERROR_TOKEN_NOT_LOGGED_IN", "Card");
  let asked = 0;
  setPasswordFunc(() => (asked++, null), { for: context });
  assertEquals(await shown(context, null), null);
  assertEquals(asked, 1);
  await fails(context, "Card:me", "SEC_ERROR_BAD_PASSWORD", "Card");
});

Deno.test("getClientAuthData() fails where a token that it must look into fails", async () => {
  const certDB = new MemoryCertDB();
  const cause = new SslError("SEC_ERROR_BAD_DATABASE", "Cannot read: damaged");
  certDB.find = () => Promise.reject(cause);
  const context = new NssContext({ trustAnchors: [], certDB });
  await fails(context, null, "SEC_ERROR_BAD_DATABASE", "damaged");
  await assertRejects(() => context.certDB.find({}), SslError);
});

const openssl = await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m);
const certutil = await programVersion("certutil", ["-H"], /Certificate/);
const softhsm = await programVersion("softhsm2-util", ["--version"], /(\d+\.\d+\.\d+)/);
const PASSWORD = "Secret-Pw1";

/**
 * A server of openssl's that demands certificates of the test's root, and sends back lines
 * reversed.
 */
class Verifier implements AsyncDisposable {
  #seen = 0;

  private constructor(readonly process: Process, readonly port: number, readonly folder: string) {}

  static async start(root: Certificate, ...args: string[]): Promise<Verifier> {
    const folder = await Deno.makeTempDir({ prefix: "nss_client_auth_" });
    const rootFile = `${folder}/root.pem`;
    await Deno.writeTextFile(rootFile, root.toPem());
    const server = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-x509"];
    const names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
    const files = ["-keyout", `${folder}/server.key`, "-out", `${folder}/server.pem`];
    await runOk("openssl", ["req", ...server, ...names, ...files]);
    const process = spawn("openssl", {
      args: [
        ...["s_server", "-accept", "127.0.0.1:0", "-rev", "-Verify", "4", "-verify_return_error"],
        ...["-cert", `${folder}/server.pem`, "-key", `${folder}/server.key`, "-CAfile", rootFile],
        ...args,
      ],
      interactive: true,
    });
    const found = await process.waitFor((p) => /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(p.stdout));
    return new Verifier(process, Number(found[1]), folder);
  }

  /**
   * Asks in every version and by both ways to choose; the server must have seen the certificate
   * each time.
   */
  async demand(context: NssContext, nickname: string): Promise<void> {
    for (const version of VERSIONS) {
      for (const name of [nickname, null]) {
        assertEquals(await this.ask(context, name, only(version)), "olleh\n");
        await this.demandSeen(1);
      }
    }
  }

  /** So many handshakes more than before must have shown the certificate. */
  async demandSeen(times: number): Promise<void> {
    this.#seen += times;
    const shown = (p: Process): number => [...p.output.matchAll(/^depth=0 CN ?= ?me$/gm)].length;
    await this.process.waitFor((p) => shown(p) >= this.#seen ? p : null);
    assertEquals(shown(this.process), this.#seen);
  }

  /**
   * What the server answers to a client with this context; it reads once, as the refusal of TLS 1.3
   * comes then.
   */
  async ask(
    context: NssContext,
    nickname: string | null,
    options: ImportOptions = {},
  ): Promise<string> {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: this.port });
    await using socket = importFD(conn, {
      hostname: "localhost",
      caCerts: [await Deno.readTextFile(`${this.folder}/server.pem`)],
      context,
      getClientAuthData: getClientAuthData(nickname),
      sessionTickets: false,
      ...options,
    });
    await socket.write(new TextEncoder().encode("hello\n"));
    const buffer = new Uint8Array(64);
    const length = await socket.read(buffer);
    return new TextDecoder().decode(buffer.subarray(0, length ?? 0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

function interopTest(
  title: string,
  needs: readonly Awaited<ReturnType<typeof programVersion>>[],
  fn: (folder: string) => Promise<void>,
): void {
  const missing = needs.find((need) => !need.ok);
  if (missing?.ok === false) return skip(title, missing.reason);
  Deno.test(title, async () => {
    const folder = await Deno.makeTempDir({ prefix: "nss_client_auth_" });
    try {
      await fn(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

const passwordFunc = (_slot: unknown, retry: boolean): string | null => retry ? null : PASSWORD;

interopTest(
  "getClientAuthData() shows openssl what is in an NSS database of ours",
  [openssl],
  async (folder) => {
    await using server = await Verifier.start(PKI.root.cert);
    for (const password of ["", PASSWORD]) {
      const directory = `${folder}/db${password}`;
      await Deno.mkdir(directory);
      const options = { password, passwordFunc, trustAnchors: [] };
      const made = await initContext(directory, { ...options, readWrite: true });
      await importCert(made.certDB, intermediate.cert);
      await addIdentity(made, { nickname: "me", issuer: intermediate });
      await made.close();
      await using context = await initContext(directory, options);
      await server.demand(context, "me");
    }
    await using empty = await initContext(null, { trustAnchors: [] });
    const error = await failureOf(server.ask(empty, null));
    assertEquals([error.name, error.origin], ["SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT", "peer"]);
  },
);

interopTest(
  "getClientAuthData() shows openssl what certutil has made",
  [openssl, certutil],
  async (folder) => {
    await Deno.writeTextFile(`${folder}/password`, PASSWORD);
    await Deno.writeFile(`${folder}/noise`, crypto.getRandomValues(new Uint8Array(64)));
    const db = ["-d", `sql:${folder}`, "-f", `${folder}/password`];
    await runOk("certutil", ["-N", ...db]);
    const make = async (nickname: string, serial: number, ...more: string[]): Promise<void> => {
      const key = nickname === "me" ? ["-k", "ec", "-q", "nistp256"] : ["-k", "rsa", "-g", "2048"];
      const names = ["-n", nickname, "-s", `CN=${nickname}`, "-m", String(serial), "-v", "6"];
      // -2 asks: is it an authority, how long the path, is it critical
      const input = more.includes("-2") ? "y\n\ny\n" : "";
      const args = ["-S", ...db, ...key, ...names, "-z", `${folder}/noise`, ...more];
      await runOk("certutil", args, { input });
    };
    await make("root", 1, "-x", "-t", "CT,,", "-2");
    await make("between", 2, "-c", "root", "-t", ",,", "-2");
    await make("me", 3, "-c", "between", "-t", ",,", "--extKeyUsage", "clientAuth");
    await make("server", 4, "-c", "between", "-t", ",,", "--extKeyUsage", "serverAuth");
    await using context = await initContext(folder, { passwordFunc, trustAnchors: [] });
    const [root] = await context.certDB.find({ nickname: "root" });
    await using server = await Verifier.start(root!.certificate);
    await server.demand(context, "me");
  },
);

interopTest(
  "getClientAuthData() shows openssl what is in SoftHSM",
  [openssl, softhsm],
  async (folder) => {
    await Deno.mkdir(`${folder}/tokens`);
    await Deno.writeTextFile(
      `${folder}/softhsm2.conf`,
      `directories.tokendir = ${folder}/tokens\n`,
    );
    const env = { SOFTHSM2_CONF: `${folder}/softhsm2.conf` };
    const pins = ["--so-pin", "12345678", "--pin", PASSWORD];
    await runOk("softhsm2-util", ["--init-token", "--free", "--label", "Card", ...pins], { env });
    const keys = await generateKeyPair("ec-p256", { extractable: true });
    const me = await createCertificate({
      publicKey: keys.publicKey,
      subject: "CN=me",
      issuer: { certificate: intermediate.cert, privateKey: intermediate.keys.privateKey },
    });
    await Deno.writeTextFile(`${folder}/chain.pem`, me.toPem() + intermediate.cert.toPem());
    await Deno.writeTextFile(`${folder}/key.pem`, await exportPrivateKeyPem(keys.privateKey));
    await using server = await Verifier.start(PKI.root.cert);
    // A process of its own: a library reads its configuration once, and test files share theirs
    const program = `${import.meta.dirname}/../_softhsm_client.ts`;
    const { code, stdout, stderr } = await run(Deno.execPath(), {
      args: ["run", "-A", "--no-check", program, folder, server.folder, `${server.port}`, PASSWORD],
      env,
    });
    assertEquals([code, stdout], [0, "Card:me olleh\nnull olleh\n"], stderr);
    await server.demandSeen(2);
  },
);
