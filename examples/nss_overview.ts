// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Mozilla's page "Overview of an SSL Application" as one program, chapter by chapter: a client and
 * a server in one process, on loopback. The server serves, then needs to know who is asking, then
 * serves on: in TLS 1.3 and in TLS 1.2, in one way.
 *
 *     deno run --allow-net=127.0.0.1 --allow-read --allow-write examples/nss_overview.ts
 *
 * It makes a database of certificates and keys (`cert9.db`, `key4.db`) in a folder for temporary
 * files, and removes it at the end.
 *
 * @module
 */

import {
  authCertificate,
  authCertificateHook,
  badCertHook,
  type Certificate,
  checkCertValidTimes,
  cipherPolicySet,
  cipherPrefSetDefault,
  clearSessionCache,
  configSecureServer,
  configServerSessionIDCache,
  createCertificate,
  findCertByName,
  findCertFromNickname,
  findKeyByAnyCert,
  forceHandshake,
  generateKeyPair,
  getCertNicknames,
  getClientAuthData,
  getClientAuthDataHook,
  getDefaultCertDB,
  handshakeCallback,
  importCert,
  importFD,
  initReadWrite,
  invalidateSession,
  newModel,
  type NssContext,
  optionSet,
  optionSetDefault,
  peerCertificate,
  type ProtocolVersion,
  reHandshake,
  resetHandshake,
  revealPinArg,
  revealURL,
  setDomesticPolicy,
  setPasswordFunc,
  setPKCS11PinArg,
  setSockPeerID,
  setURL,
  shutdown,
  shutdownServerSessionIDCache,
  type SslListener,
  type SslModel,
  type SslSocket,
  verifyCertName,
  verifyCertNow,
  versionRangeSet,
} from "@nss/nss";
import { getStatistics } from "@nss/nss/ssl";
import { Lines } from "./_lines.ts";
import { run } from "./_program.ts";

const HOST = "localhost";
const PASSWORD = "correct horse";

/** Initialization. */
async function initialize(directory: string): Promise<NssContext> {
  // PK11_SetPasswordFunc: asked when a token wants its password; revealPinArg() tells for which
  // socket
  setPasswordFunc(({ token }) => {
    console.log(`  the password of "${token?.label}" is asked for`);
    return PASSWORD;
  });
  // NSS_Init, for reading and writing
  const context = await initReadWrite(directory);
  await context.token.changePassword(null, PASSWORD);
  // SSL_OptionSetDefault: for all sockets from here on
  optionSetDefault("ENABLE_SESSION_TICKETS", true);
  optionSetDefault("ENABLE_OCSP_STAPLING", true);
  // NSS_SetDomesticPolicy and SSL_CipherPolicySet: what policy forbids no preference brings back
  setDomesticPolicy();
  cipherPolicySet("TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "NOT_ALLOWED");
  // SSL_CipherPrefSetDefault
  cipherPrefSetDefault("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", true);
  return context;
}

/** Initializing caches. */
async function initializeCaches(): Promise<void> {
  // SSL_ClearSessionCache: the client's begins empty
  await clearSessionCache();
  // SSL_ConfigServerSessionIDCache
  configServerSessionIDCache({ maxCacheEntries: 100 });
}

/**
 * Fills the database: an authority that is trusted for servers and for clients, and a certificate
 * with its key for each.
 */
async function fillDatabase({ token, certDB }: NssContext): Promise<void> {
  const authority = await generateKeyPair();
  const ca = await createCertificate({ ...authority, subject: "CN=Overview CA", isCa: true });
  const issuer = { certificate: ca, privateKey: authority.privateKey };
  await importCert(certDB, ca, { nickname: "ca", trust: "CT,," });
  for (const [nickname, names] of [["server", [HOST]], ["alice", []]] as const) {
    const { publicKey } = await token.generateKeyPair();
    const subject = `CN=${nickname}`;
    const cert = await createCertificate({ subject, dnsNames: [...names], publicKey, issuer });
    await importCert(certDB, cert, { nickname });
  }
  await token.logout(); // whoever needs a key from here on is asked for the password
}

/** Configuration of a server: once, in the listener, from which each accepted socket has it. */
async function configureServer(listener: SslListener): Promise<void> {
  // PK11_FindCertFromNickname, PK11_FindKeyByAnyCert, SSL_ConfigSecureServer
  const cert = await findCertFromNickname("server");
  await configSecureServer(listener, cert, await findKeyByAnyCert(cert));
  versionRangeSet(listener, { min: "TLSv1.2", max: "TLSv1.3" });
  // SSL_HandshakeCallback
  handshakeCallback(listener, (_socket, { version, resumed, peerCertificates: [peer] }) => {
    const who = peer?.subject.commonName ?? "somebody";
    console.log(`  the server shakes hands with ${who} (${version}${resumed ? ", resumed" : ""})`);
  });
}

/** Configuration of a client: a model, whose state every socket copies. */
function configureClient(): SslModel {
  const model = newModel();
  // SSL_OptionSet: this client lets its server ask for a certificate later, in either version
  optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true);
  optionSet(model, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  // SSL_SetURL: whom it wants to reach
  setURL(model, `https://${HOST}/`);
  // SSL_SetSockPeerID: the hook below could choose to be somebody else; its sessions are Alice's
  setSockPeerID(model, "alice");
  // SSL_SetPKCS11PinArg: what the password function is told
  setPKCS11PinArg(model, "the client's window");
  // SSL_AuthCertificateHook: what the default would do, spelled out
  authCertificateHook(model, async (socket, peer) => {
    await authCertificate(socket, peer);
    await examine(socket, peer.chain[0]!);
    return true;
  });
  // SSL_BadCertHook: has the last word where that has failed; only true overrides
  badCertHook(model, (_socket, error) => {
    console.log(`  the certificate was refused: ${error.name}`);
    return false;
  });
  // SSL_GetClientAuthDataHook with NSS_GetClientAuthData
  getClientAuthDataHook(model, getClientAuthData("alice"));
  return model;
}

/** Functions used by callbacks. */
async function examine(socket: SslSocket, certificate: Certificate): Promise<void> {
  const db = getDefaultCertDB(); // CERT_GetDefaultCertDB
  checkCertValidTimes(certificate, new Date()); // CERT_CheckCertValidTimes
  await verifyCertNow(db, certificate, true, "sslServer"); // CERT_VerifyCertNow
  verifyCertName(certificate, revealURL(socket)!); // CERT_VerifyCertName, SSL_RevealURL
  const issuer = await findCertByName(db, certificate.issuer); // CERT_FindCertByName
  const names = await getCertNicknames(db, "user"); // CERT_GetCertNicknames: of those with a key
  console.log(
    `  the client sees "${certificate.subject}", issued by "${issuer?.subject}", for ${
      revealPinArg(socket)
    }; ` +
      `the database has keys for ${names.sort().join(" and ")}`,
  );
}

/** Communication, the server's side: what is private is for those who show who they are. */
async function answer(socket: SslSocket): Promise<void> {
  await using _ = socket;
  const lines = new Lines(socket); // PR_Read and PR_Write; the first one shakes hands
  for (let request; (request = await lines.read()) !== null;) {
    if (request === "private" && peerCertificate(socket) === null) {
      // SSL_OptionSet, SSL_ReHandshake, SSL_ForceHandshake: at the level of the protocol nothing is
      // said meanwhile
      optionSet(socket, "REQUEST_CERTIFICATE", true);
      optionSet(socket, "REQUIRE_CERTIFICATE", "ALWAYS");
      await reHandshake(socket);
      await forceHandshake(socket);
    }
    const reader = peerCertificate(socket)?.subject.commonName ?? "anybody";
    await lines.write(`${request} page, for ${reader}`);
  }
}

/** Communication, the client's side. */
async function ask(model: SslModel, port: number, version: ProtocolVersion): Promise<void> {
  // PR_Connect; the socket is connected before it is imported, so SSL_ResetHandshake tells it which
  // end it is
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await using socket = importFD(conn, { model, versions: { min: version, max: version } });
  resetHandshake(socket, false);
  const lines = new Lines(socket);
  for (const page of ["public", "private", "private"]) {
    await lines.write(page);
    console.log(`  the client reads: ${await lines.read()}`);
  }
  // SSL_InvalidateSession: the next connection of this version begins anew
  if (version === "TLSv1.2") await invalidateSession(socket);
}

async function main(directory: string): Promise<void> {
  console.log("Initialization");
  const context = await initialize(directory);
  await fillDatabase(context);
  console.log("Initializing caches");
  await initializeCaches();

  console.log("Configuration");
  // PR_Bind, PR_Listen; SSL_ImportFD
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {});
  await configureServer(listener);
  const model = configureClient();

  console.log("Communication");
  const serving = (async () => {
    // PR_Accept
    for await (const socket of listener) await answer(socket);
  })();
  for (const version of ["TLSv1.3", "TLSv1.3", "TLSv1.2", "TLSv1.2"] as const) {
    await ask(model, listener.addr.port, version);
  }

  console.log("Cleanup");
  listener.close(); // PR_Close
  await serving;
  console.log(`  handshakes of the server that resumed: ${getStatistics().handleClientHello.hits}`);
  await shutdownServerSessionIDCache();
  await clearSessionCache();
  await shutdown(); // NSS_Shutdown
}

if (import.meta.main) {
  if (Deno.args.length > 0) {
    console.log("Usage: nss_overview.ts (without arguments)");
    Deno.exit(Deno.args[0] === "--help" ? 0 : 2);
  }
  await run(async () => {
    const directory = await Deno.makeTempDir({ prefix: "nss_overview_" });
    try {
      await main(directory);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}
