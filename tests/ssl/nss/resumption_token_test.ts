// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Sessions as opaque tokens: from socket to socket and from process to process, and never to where
 * a full handshake would have led elsewhere.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { NssContext } from "../../../pkcs11/context/context.ts";
import type { ChannelInfo } from "../../../ssl/base/channel_info.ts";
import { invalidateSession } from "../../../ssl/nss/client_session_cache.ts";
import { resolveConfig } from "../../../ssl/config/resolve_config.ts";
import { setURL } from "../../../ssl/nss/peer_names.ts";
import { effectiveConfig } from "../../../ssl/config/effective_config.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { getStatistics } from "../../../ssl/nss/get_statistics.ts";
import type { ImportOptions, VersionRange } from "../../../ssl/config/import_options.ts";
import { newModel } from "../../../ssl/config/model.ts";
import {
  getResumptionTokenInfo,
  resumptionTokenCallback,
  setResumptionToken,
} from "../../../ssl/nss/resumption_token.ts";
import { clientSessionCache } from "../../../ssl/session/client_cache.ts";
import type { ResumptionToken } from "../../../ssl/base/resumption_token.ts";
import { decodeToken, encodeToken } from "../../../ssl/session/token.ts";
import { tokenFault } from "../../../ssl/session/token_fault.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../../../ssl/tables/cipher_suites.ts";
import {
  assertLocal,
  clientOptions,
  closeAll,
  failureOf,
  HOSTNAME,
  join,
  type Joined,
  type JoinOptions,
  makeIdentity,
  outcomeOf,
  ping,
  PKI,
  shake,
  TestEnvironment,
  turns,
} from "../_support.ts";

type Token = Uint8Array<ArrayBuffer>;

const VERSIONS: readonly VersionRange[] = [
  { min: "TLSv1.3", max: "TLSv1.3" },
  { min: "TLSv1.2", max: "TLSv1.2" },
];

/** A server that clients without any memory of their own come back to. */
class Server {
  readonly context = new NssContext({ trustAnchors: [] });
  readonly versions: VersionRange;

  constructor(versions: VersionRange) {
    this.versions = versions;
  }

  /** A client that has not met the server, and its other end. */
  join({ client, server, ...options }: JoinOptions = {}): Joined {
    const { context, versions } = this;
    return join({
      ...options,
      client: { versions, ...client },
      server: { context, versions, ...server },
    });
  }

  /** The tokens of one connection. */
  async tokens(options: JoinOptions = {}): Promise<Token[]> {
    const tokens: Token[] = [];
    await using joined = this.join({
      ...options,
      client: { ...options.client, resumptionTokenCallback: (_, token) => void tokens.push(token) },
    });
    await shake(joined);
    await ping(joined);
    return tokens;
  }

  /** The newest token of one connection. */
  async token(options: JoinOptions = {}): Promise<Token> {
    const token = (await this.tokens(options)).at(-1);
    assert(token !== undefined, "there is a token");
    return token;
  }

  /** What both ends of a connection with a token say. */
  async resume(token: Token, options: JoinOptions = {}): Promise<[ChannelInfo, ChannelInfo]> {
    await using joined = this.join(options);
    setResumptionToken(joined.client, token);
    const infos = await shake(joined);
    await ping(joined);
    return infos;
  }
}

/** Asserts that a socket with these options does not take a token. */
async function assertBad(token: Token, why: string, client: ImportOptions = {}): Promise<void> {
  await using joined = join({ client });
  const error = assertThrows(() => setResumptionToken(joined.client, token), SslError);
  assertEquals(error.name, "SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR");
  assertStringIncludes(error.message, why);
}

function change(token: Token, how: (token: ResumptionToken) => Partial<ResumptionToken>): Token {
  const decoded = decodeToken(token);
  return encodeToken({ ...decoded, ...how(decoded) });
}

for (const versions of VERSIONS) {
  const version = versions.max!;

  Deno.test(`setResumptionToken() resumes on a socket that shares nothing with the first but the bytes (${version})`, async () => {
    const server = new Server(versions);
    const token = await server.token();
    const [client, its] = await server.resume(new Uint8Array(token));
    assertEquals([client.resumed, its.resumed, client.version], [true, true, version]);
    assertEquals(client.peerCertificates.map(String), [String(PKI.server.cert)]);
  });

  Deno.test(`setResumptionToken() resumes the same session again and at once, on other ports (${version})`, async () => {
    const server = new Server(versions);
    const token = await server.token();
    const elsewhere = (port: number): JoinOptions => ({
      wrapClient: (conn) => ({
        localAddr: conn.localAddr,
        remoteAddr: { ...conn.remoteAddr, port },
        read: (p) => conn.read(p),
        write: (p) => conn.write(p),
        close: () => conn.close(),
      }),
    });
    const both = await Promise.all([1, 2].map((port) => server.resume(token, elsewhere(port))));
    assertEquals(both.flat().map(({ resumed }) => resumed), [true, true, true, true]);
    assertEquals((await server.resume(token))[0].resumed, true);
  });

  Deno.test(`resumptionTokenCallback() is told of sessions in place of the cache (${version})`, async () => {
    const server = new Server(versions);
    const context = new NssContext({ trustAnchors: [] });
    const tokens: Token[] = [];
    await using joined = server.join({ client: { context } });
    resumptionTokenCallback(joined.client, async (socket, token) => {
      assertEquals(socket, joined.client);
      await turns(2);
      tokens.push(token);
    });
    await shake(joined);
    await ping(joined);
    assertEquals(tokens.length, version === "TLSv1.3" ? 2 : 1);
    assertEquals(clientSessionCache(context).size, 0);
    // Nor does a socket with a callback take from the cache what others have put there.
    const peers: boolean[] = [];
    for (const callback of [null, () => {}, null]) {
      await using next = server.join({ client: { context } });
      resumptionTokenCallback(next.client, callback);
      peers.push((await shake(next))[0].resumed);
      await ping(next);
    }
    assertEquals(peers, [false, false, true]);
  });

  Deno.test(`resumptionTokenCallback() hands on the session of a resumed connection (${version})`, async () => {
    const server = new Server(versions);
    let token = await server.token();
    for (let i = 0; i < 3; i++) {
      const tokens: Token[] = [];
      const [client] = await server.resume(token, {
        client: { resumptionTokenCallback: (_, next) => void tokens.push(next) },
      });
      assertEquals([client.resumed, tokens.length], [true, 1]);
      assertNotEquals(tokens[0], token);
      assertEquals(
        decodeToken(tokens[0]!).session.authenticatedAt,
        decodeToken(token).session.authenticatedAt,
      );
      token = tokens[0]!;
    }
  });

  Deno.test(`resumptionTokenCallback() that throws ends the connection as a hook's error (${version})`, async () => {
    const server = new Server(versions);
    await using joined = server.join();
    resumptionTokenCallback(joined.client, () => Promise.reject(new Error("the disk is full")));
    const error = await failureOf(Promise.all([shake(joined).then(() => ping(joined))]));
    assertLocal(error, "SSL_ERROR_APP_CALLBACK_ERROR", "internal_error");
    assertEquals((error.cause as Error).message, "the disk is full");
  });

  Deno.test(`resumptionTokenCallback() is told nothing of what stands by override, is off or is somebody's whom only the hook knows (${version})`, async () => {
    const server = new Server(versions);
    const untrusted = { caCerts: [PKI.otherRoot.cert], badCert: () => true };
    assertEquals(await server.tokens({ client: untrusted }), []);
    assertEquals(await server.tokens({ client: { sessionTickets: false } }), []);
    const hook: JoinOptions = {
      client: { getClientAuthData: () => PKI.client.credential },
      server: { clientAuth: "require" },
    };
    assertEquals(await server.tokens(hook), []);
    assertNotEquals(await server.tokens({ ...hook, client: { ...hook.client, peerId: "me" } }), []);
  });

  Deno.test(
    `resumptionTokenCallback() is told of a session ${
      version === "TLSv1.2" ? "before it can be" : "only if it is not"
    } invalidated (${version})`,
    async () => {
      const server = new Server(versions);
      const tokens: Token[] = [];
      await using joined = server.join({
        client: { resumptionTokenCallback: (_, token) => void tokens.push(token) },
      });
      await shake(joined);
      await invalidateSession(joined.client);
      await ping(joined);
      // The ticket of TLS 1.2 comes within the handshake.
      assertEquals(tokens.length, version === "TLSv1.2" ? 1 : 0);
    },
  );

  Deno.test(`setResumptionToken() refuses a token for another host, configuration or time (${version})`, async (t) => {
    const server = new Server(versions);
    const options = { versions, certificates: [PKI.client.credential], peerId: "p" };
    const token = await server.token({ client: options });
    const rows: readonly [string, string, ImportOptions][] = [
      ["another host", "it is for server.test, not for other.test", { hostname: "other.test" }],
      ["other versions", "configuration", { versions: { min: "TLSv1.2", max: "TLSv1.3" } }],
      ["other suites", "configuration", {
        cipherSuites: ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
      }],
      ["other groups", "configuration", { groups: ["x25519"] }],
      ["other ways to sign", "configuration", { signatureSchemes: ["ecdsa_secp256r1_sha256"] }],
      ["a preset", "configuration", { policy: "compatible", versions }],
      ["another identity", "configuration", { certificates: [PKI.otherServer.credential] }],
      ["no identity", "configuration", { certificates: [] }],
      ["a hook for identities", "configuration", { getClientAuthData: () => null }],
      ["another peer ID", "configuration", { peerId: "q" }],
      ["OCSP responses", "configuration", { ocspStapling: true }],
      ["no sessions", "configuration", { sessionTickets: false }],
    ];
    for (const [name, why, client] of rows) {
      await t.step(name, () => assertBad(token, why, { ...options, ...client }));
    }
    await t.step("no host", async () => {
      const { readable, writable } = new TransformStream<Uint8Array>();
      const { hostname: _, ...nameless } = clientOptions(options);
      const { importFD } = await import("../../../ssl/import_fd.ts");
      const socket = importFD({ readable, writable }, nameless);
      const error = assertThrows(() => setResumptionToken(socket, token), SslError);
      assertEquals(error.name, "SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR");
      assertStringIncludes(error.message, "no hostname is set");
      await closeAll(socket);
    });
    const expired = change(token, ({ session }) => ({
      session: { ...session, expiresAt: Date.now() - 1 },
    }));
    await t.step("expired", () => assertBad(expired, "expired", options));
    await t.step("as it should be", async () => {
      assertEquals((await server.resume(token, { client: options }))[0].resumed, true);
    });
  });

  Deno.test(`setResumptionToken() refuses a token of a server whose certificate has expired (${version})`, async () => {
    const day = 86_400_000;
    const past = await makeIdentity({
      dnsNames: [HOSTNAME],
      notBefore: new Date(Date.now() - 2 * day),
      notAfter: new Date(Date.now() - day),
    }, PKI.root);
    const token = await new Server(versions).token();
    const aged = change(token, ({ session }) => ({
      session: { ...session, peerChain: [past.cert] },
    }));
    await assertBad(aged, "a certificate of the server has expired", { versions });
  });

  Deno.test(`setResumptionToken() leaves it to the socket whom to trust (${version})`, async (t) => {
    const server = new Server(versions);
    const token = await server.token();
    /**
     * A client that refuses the server in a full handshake, too, must not resume; nor does
     * `badCert` bring the session back.
     */
    const rows: readonly [string, ImportOptions][] = [
      ["other authorities", { caCerts: [PKI.otherRoot.cert] }],
      ["other authorities, overruled", { caCerts: [PKI.otherRoot.cert], badCert: () => true }],
      ["a hook that refuses", { authCertificate: () => false }],
      ["a hook that throws", {
        authCertificate: () => {
          throw new Error("no");
        },
      }],
    ];
    for (const [name, client] of rows) {
      await t.step(name, async () => {
        await using joined = server.join({ client });
        setResumptionToken(joined.client, token);
        if (client.badCert) {
          const [info] = await shake(joined);
          assertEquals([info.resumed, info.badCertAccepted], [false, true]);
        } else {
          const [outcome] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
          assert(outcome instanceof SslError, String(outcome));
        }
      });
    }
    await t.step("a hook that accepts is asked about the same certificates", async () => {
      const seen: string[][] = [];
      const [info] = await server.resume(token, {
        client: {
          authCertificate: (_, { chain, hostname }) =>
            seen.push([...chain.map(String), hostname!]) > 0,
        },
      });
      assertEquals([info.resumed, seen], [true, [[String(PKI.server.cert), HOSTNAME]]]);
    });
  });

  Deno.test(`setResumptionToken() is judged again when the handshake begins (${version})`, async () => {
    const names = await makeIdentity({ dnsNames: [HOSTNAME, "other.test"] }, PKI.root);
    const server = new Server(versions);
    const its = { server: { certificates: [names.credential] } };
    const token = await server.token(its);
    const later = new TestEnvironment();
    later.advance(8 * 86_400_000);
    const rows: readonly [JoinOptions, (joined: Joined) => void][] = [
      [{}, ({ client }) => setURL(client, "other.test")],
      [{ clientInternals: { environment: later } }, () => {}],
    ];
    for (const [options, alter] of rows) {
      const context = new NssContext({ trustAnchors: [] });
      await using joined = server.join({ ...its, ...options, client: { context } });
      setResumptionToken(joined.client, token);
      alter(joined);
      assertEquals((await shake(joined)).map(({ resumed }) => resumed), [false, false]);
      assertEquals(getStatistics({ context }).sendClientHello.notOk, 1);
    }
  });

  Deno.test(`setResumptionToken() of a session that the server has no more leads to a full handshake (${version})`, async () => {
    const token = await new Server(versions).token();
    assertEquals((await new Server(versions).resume(token))[0].resumed, false);
  });

  Deno.test(`setResumptionToken() takes nothing that is no token (${version})`, async () => {
    const token = await new Server(versions).token();
    for (let length = 0; length < token.length; length++) {
      assertThrows(() => decodeToken(token.subarray(0, length)), SslError, "resumption token");
    }
    const foreign = [
      new Uint8Array([...token, 0]),
      new Uint8Array([2, ...token.subarray(1)]),
      token.with(4, 4), // a later form
      token.with(4, 2), // an earlier one
    ];
    for (const bytes of foreign) await assertBad(new Uint8Array(bytes), "", { versions });
    // deno-lint-ignore no-explicit-any -- types do not bind JavaScript
    await assertBad("token" as any, "it is none");
    const stapled = (length: number) =>
      change(token, ({ session }) => ({
        session: { ...session, stapledOcspResponse: new Uint8Array(length) },
      }));
    const longest = 1_048_576 - stapled(1).length + 1;
    assertEquals(stapled(longest).length, 1_048_576);
    decodeToken(stapled(longest));
    await assertBad(stapled(longest + 1), "it is none", { versions });
    const lasting = (age: number) =>
      change(token, ({ session }) => ({
        session: { ...session, expiresAt: session.authenticatedAt + age },
      }));
    decodeToken(lasting(604_800_000));
    await assertBad(lasting(604_800_001), "it lasts longer than sessions do", { versions });
  });

  Deno.test(`decodeToken() takes no session whose parts do not go together (${version})`, async () => {
    const token = await new Server(versions).token();
    const none = new Uint8Array(0);
    const { cipherSuite: its, ...facts } = decodeToken(token).session;
    assertEquals([facts.stapledOcspResponse, facts.signedCertTimestamps], [null, null]);
    const foreign = {
      ...(version === "TLSv1.3" ? TLS12_CIPHER_SUITES : CIPHER_SUITES)[0]!,
      hashLength: 32,
    };
    const secret = (length: number) =>
      version === "TLSv1.3"
        ? { psk: new Uint8Array(length) }
        : { masterSecret: new Uint8Array(length) };
    const length = version === "TLSv1.3" ? its.hashLength : 48;
    const rows: (readonly [string, Record<string, unknown>])[] = [
      ["it has no certificate of the server", { peerChain: [] }],
      ["its parts do not go together", { cipherSuite: foreign }],
      ["its parts do not go together", { cipherSuite: { ...its, id: 0x0a0a } }],
      ["its parts do not go together", { ticket: none, sessionId: none }],
      ["", secret(length - 1)],
      ["", secret(length + 1)],
    ];
    if (version === "TLSv1.2") {
      rows.push(["its parts do not go together", { version: 0x0302 }]);
      rows.push(["", { sessionId: new Uint8Array(33) }]);
    }
    const changed = (session: Record<string, unknown>) =>
      change(token, (decoded) => ({
        session: { ...decoded.session, ...session } as ResumptionToken["session"],
      }));
    for (const [why, session] of rows) {
      assertThrows(() => decodeToken(changed(session)), SslError, why);
    }
    for (const part of ["hostname", "configuration"]) {
      assertThrows(() => decodeToken(change(token, () => ({ [part]: "" }))), SslError);
      decodeToken(change(token, () => ({ [part]: "a" })));
    }
    decodeToken(changed(secret(length)));
    if (version === "TLSv1.3") return;
    // One of the two is enough, and both are good.
    decodeToken(changed({ sessionId: new Uint8Array(32), ticket: new Uint8Array(32) }));
    decodeToken(changed({ sessionId: new Uint8Array(32), ticket: none }));
    decodeToken(changed({ sessionId: none, ticket: new Uint8Array(1) }));
  });

  Deno.test(`tokenFault() finds a session good until its end, and its certificates to theirs (${version})`, async () => {
    const { session, ...rest } = decodeToken(await new Server(versions).token());
    const config = effectiveConfig(resolveConfig(clientOptions({ versions })));
    const end = session.peerChain[0]!.notAfter.getTime();
    const peerChain = [{ notAfter: new Date(end + 9) } as Certificate, session.peerChain[0]!];
    const until = (expiresAt: number) => ({
      ...rest,
      session: { ...session, expiresAt, peerChain },
    });
    assertEquals(tokenFault(until(1001), config, 1000), null);
    assertEquals(tokenFault(until(1000), config, 1000), "it has expired");
    assertEquals(tokenFault(until(end + 2), config, end), null);
    assertEquals(
      tokenFault(until(end + 2), config, end + 1),
      "a certificate of the server has expired",
    );
  });

  Deno.test(`getResumptionTokenInfo() tells whose session it is and until when (${version})`, async () => {
    const before = Date.now();
    const token = await new Server(versions).token({
      client: { alpnProtocols: ["ftp"] },
      server: { alpnProtocols: ["ftp"] },
    });
    const { peerCertificate, expirationTime, cipherSuite, ...info } = getResumptionTokenInfo(token);
    assertEquals(info, {
      hostname: HOSTNAME,
      version,
      alpnProtocol: "ftp",
      maxEarlyDataSize: 0,
      peerRawPublicKey: null,
    });
    assertEquals(peerCertificate?.der, PKI.server.cert.der);
    assertStringIncludes(cipherSuite, "AES_128_GCM_SHA256");
    const lifetime = expirationTime.getTime() - before;
    assert(lifetime > 86_400_000 && lifetime <= 2 * 86_400_000 + 60_000, String(lifetime));
    const error = assertThrows(() => getResumptionTokenInfo(token.subarray(1)), SslError);
    assertEquals(error.name, "SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR");
  });
}

Deno.test("setResumptionToken() is of one socket, not of its copies, and of clients before their handshake", async () => {
  const server = new Server(VERSIONS[0]!);
  const token = await server.token();
  await using joined = server.join();
  setResumptionToken(joined.client, token);
  await using copy = server.join({ client: { model: joined.client, context: new NssContext() } });
  assertEquals((await shake(copy))[0].resumed, false);
  assertEquals((await shake(joined))[0].resumed, true);
  const late = assertThrows(() => setResumptionToken(joined.client, token), SslError);
  assertEquals(late.name, "PR_IS_CONNECTED_ERROR");
  await using other = server.join();
  const wrong = assertThrows(() => setResumptionToken(other.server, token), SslError);
  assertEquals(wrong.name, "SEC_ERROR_INVALID_ARGS");
});

Deno.test("resumptionTokenCallback() of a model is that of its sockets", async () => {
  const server = new Server(VERSIONS[0]!);
  const model = newModel(clientOptions());
  const tokens: Token[] = [];
  resumptionTokenCallback(model, (_, token) => void tokens.push(token));
  await using joined = server.join({ client: { model } });
  await shake(joined);
  await ping(joined);
  assertEquals(tokens.length, 2);
});
