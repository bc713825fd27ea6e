// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertMatch, assertStrictEquals, assertStringIncludes } from "@std/assert";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import { parseSubjectPublicKeyInfo } from "../../../cert/certificate/spki.ts";
import { authCertificate } from "../../../ssl/authentication/auth_certificate.ts";
import { NssContext } from "../../../pkcs11/context/context.ts";
import type { CertificateOptions } from "../../../ssl/config/credential.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import type {
  AuthCertificateHook,
  BadCertHook,
  PeerAuthentication,
} from "../../../ssl/config/hooks.ts";
import { importFD } from "../../../ssl/import_fd.ts";
import type { ImportOptions, Role } from "../../../ssl/config/import_options.ts";
import type { SslSocket } from "../../../ssl/base/socket_type.ts";
import type { AlertName } from "../../../ssl/tables/alert_descriptions.ts";
import { memoryStreams } from "../../support/memory_pair.ts";
import {
  assertFails,
  assertFromPeer,
  assertLocal,
  connected,
  failureOf,
  HOSTNAME,
  join,
  type JoinOptions,
  makeIdentity,
  outcomeOf,
  pingPong,
  PKI,
  session,
  shake,
  TestEnvironment,
  turns,
} from "../_support.ts";

const ROLES: readonly Role[] = ["client", "server"];

/** Who is authenticated by the end of that role, and whose errors it sees. */
function authenticating(role: Role, options: ImportOptions): JoinOptions {
  return role === "client" ? { client: options } : {
    server: { clientAuth: "require", ...options },
    client: { certificates: [PKI.client.credential] },
  };
}

/** What only JavaScript can give back from a hook. */
// deno-lint-ignore no-explicit-any -- hooks come from JavaScript, too
const untyped = (value: any) => value;

const slowly = async <T>(value: T): Promise<T> => {
  await turns(2);
  return value;
};

for (const role of ROLES) {
  Deno.test(`authCertificate hook passes with true, at once or later (${role})`, async () => {
    for (const verdict of [true, Promise.resolve(true), slowly(true)]) {
      let calls = 0;
      const authCertificate: AuthCertificateHook = () => (calls++, verdict);
      await using joined = await connected(authenticating(role, { authCertificate, caCerts: [] }));
      await pingPong(joined);
      assertEquals(calls, 1);
    }
  });

  Deno.test(`authCertificate hook refuses with anything else than true, undefined too (${role})`, async () => {
    for (
      const [verdict, says] of [
        [false, "refused it"],
        [slowly(false), "refused it"],
        [
          undefined,
          "returned undefined, and only true accepts; perhaps a return or an await is missing in it",
        ],
        [slowly(undefined), "returned undefined, and only true accepts; perhaps a return"],
        [null, "returned null, and only true accepts"],
        [0, "returned 0, and only true accepts"],
        [1, "returned 1, and only true accepts"],
        ["", 'returned "", and only true accepts'],
        ["yes", 'returned "yes", and only true accepts'],
        [{}, "returned an object, and only true accepts"],
        [slowly(null), "returned null, and only true accepts"],
      ] as const
    ) {
      const error = await assertFails(
        authenticating(role, { authCertificate: () => untyped(verdict) }),
        { at: role, error: "SSL_ERROR_BAD_CERTIFICATE", alert: "bad_certificate" },
      );
      assertMatch(error.message, /authCertificate hook re(fused|turned)/);
      assertStringIncludes(error.message, says);
    }
  });

  Deno.test(`authCertificate hook refuses by throwing, and the error keeps its cause (${role})`, async () => {
    const thrown: readonly [unknown, ErrorName, AlertName][] = [
      [new Error("not on my list"), "SEC_ERROR_APPLICATION_CALLBACK_ERROR", "bad_certificate"],
      ["a string", "SEC_ERROR_APPLICATION_CALLBACK_ERROR", "bad_certificate"],
      [
        new NssError("SEC_ERROR_REVOKED_CERTIFICATE", "It is on a list"),
        "SEC_ERROR_REVOKED_CERTIFICATE",
        "certificate_revoked",
      ],
      [
        new SslError("SEC_ERROR_UNTRUSTED_CERT", "I know it"),
        "SEC_ERROR_UNTRUSTED_CERT",
        "access_denied",
      ],
    ];
    for (const [cause, name, alert] of thrown) {
      for (const later of [false, true]) {
        const authCertificate = later
          ? async () => {
            await turns(1);
            throw cause;
          }
          : () => {
            throw cause;
          };
        const error = await assertFails(authenticating(role, { authCertificate }), {
          at: role,
          error: name,
          alert,
        });
        if (cause instanceof NssError) assertEquals(error.message, cause.message);
        else assertStrictEquals(error.cause, cause);
      }
    }
  });

  Deno.test(`authCertificate hook gets what it decides about (${role})`, async () => {
    const seen: [SslSocket, PeerAuthentication][] = [];
    const environment = new TestEnvironment();
    await using joined = await connected({
      ...authenticating(role, { authCertificate: (...args) => seen.push(args) > 0 }),
      clientInternals: { environment },
      serverInternals: { environment },
    });
    const [[socket, peer]] = seen as [[SslSocket, PeerAuthentication]];
    assertStrictEquals(socket, role === "client" ? joined.client : joined.server);
    assertEquals(peer.chain, [role === "client" ? PKI.server.cert : PKI.client.cert]);
    assertEquals(peer.hostname, role === "client" ? HOSTNAME : null);
    assertEquals(peer.isServer, role === "server");
    assertEquals(peer.checkSig, true);
    assertEquals(peer.trustAnchors?.map(({ certificate }) => certificate), [PKI.root.cert]);
    assertEquals(peer.stapledOcspResponse, null);
    assertEquals(peer.time.getTime(), environment.now());
    assertEquals(seen.length, 1);
  });

  Deno.test(`authCertificate hook need not think of the usage of the key (${role})`, async () => {
    // RFC 8446, Section 4.4.2.2: it MUST allow digitalSignature.
    const encipherment = await makeIdentity({
      dnsNames: [HOSTNAME],
      keyUsage: ["keyEncipherment"],
    }, PKI.root);
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const versions = { min: version, max: version };
      const own = authenticating(role, { authCertificate: () => true, versions });
      const peer = role === "client" ? "server" : "client";
      const options = {
        ...own,
        [peer]: { ...own[peer], certificates: [encipherment.credential], versions },
      };
      await assertFails(options, {
        at: role,
        error: "SEC_ERROR_INADEQUATE_KEY_USAGE",
        alert: "certificate_unknown",
      });
      const asked: string[] = [];
      await using joined = await connected({
        ...options,
        [role]: {
          ...options[role],
          badCert: (_socket: SslSocket, { name }: SslError) => asked.push(name) > 0,
        },
      });
      await pingPong(joined);
      assertEquals(asked, ["SEC_ERROR_INADEQUATE_KEY_USAGE"]);
    }
  });

  Deno.test(`badCert hook overrides a refusal with true alone (${role})`, async () => {
    for (const verdict of [true, slowly(true)]) {
      const seen: Parameters<BadCertHook>[] = [];
      const badCert: BadCertHook = (...args) => {
        seen.push(args);
        return verdict;
      };
      await using joined = await connected(authenticating(role, { badCert, caCerts: [] }));
      const [socket, error, peer] = seen[0]!;
      assertStrictEquals(socket, role === "client" ? joined.client : joined.server);
      assertLocal(error, "SEC_ERROR_UNKNOWN_ISSUER", "unknown_ca");
      assertEquals(peer.chain.length, 1);
      assertEquals(seen.length, 1);
      const [own, other] = role === "client"
        ? [joined.client, joined.server]
        : [joined.server, joined.client];
      assertEquals((await own.handshake()).badCertAccepted, true);
      assertEquals((await other.handshake()).badCertAccepted, false);
      await pingPong(joined);
    }
    for (
      const verdict of [false, undefined, null, 1, "true", {}, slowly(undefined), slowly(false)]
    ) {
      await assertFails(
        authenticating(role, { badCert: () => untyped(verdict), caCerts: [] }),
        { at: role, error: "SEC_ERROR_UNKNOWN_ISSUER", alert: "unknown_ca" },
      );
    }
  });

  Deno.test(`badCert hook that throws is an error of the application's (${role})`, async () => {
    const cause = new Error("no opinion");
    const badCert = () => {
      throw cause;
    };
    const error = await assertFails(
      authenticating(role, { badCert, caCerts: [] }),
      { at: role, error: "SSL_ERROR_APP_CALLBACK_ERROR", alert: "internal_error" },
    );
    assertStrictEquals(error.cause, cause);
  });

  Deno.test(`badCert hook is not asked about a good certificate (${role})`, async () => {
    const badCert = () => {
      throw new Error("asked");
    };
    await using joined = await connected(authenticating(role, { badCert }));
    assertEquals((await joined.client.handshake()).badCertAccepted, false);
  });

  Deno.test(`handshakeCallback hook is called before any data is handed out (${role})`, async () => {
    const events: string[] = [];
    const callback: ImportOptions = {
      handshakeCallback: async () => {
        await turns(5);
        events.push("callback");
      },
    };
    await using joined = join({ [role]: callback });
    const [own, peer] = role === "client"
      ? [joined.client, joined.server]
      : [joined.server, joined.client];
    const reading = own.read(new Uint8Array(1)).then(() => events.push("data"));
    await peer.write(new Uint8Array([1]));
    await reading;
    assertEquals(events, ["callback", "data"]);
  });

  Deno.test(`handshakeCallback hook that throws ends the connection (${role})`, async () => {
    for (const later of [false, true]) {
      const cause = new Error("not this one");
      const handshakeCallback = later ? () => turns(2).then(() => Promise.reject(cause)) : () => {
        throw cause;
      };
      const error = await assertFails(
        { [role]: { handshakeCallback } },
        { at: role, error: "SSL_ERROR_APP_CALLBACK_ERROR", alert: "internal_error" },
      );
      assertStrictEquals(error.cause, cause);
    }
  });

  Deno.test(`keyLog hook that throws ends the handshake as a hook's error (${role})`, async () => {
    const cause = new Error("disk full");
    const keyLog = () => {
      throw cause;
    };
    await using joined = join({ [role]: { keyLog } });
    const [client, server] = await Promise.all([
      outcomeOf(joined.client),
      outcomeOf(joined.server),
    ]);
    const error = role === "client" ? client : server;
    assertLocal(error, "SSL_ERROR_APP_CALLBACK_ERROR", "internal_error");
    assertStrictEquals(error.cause, cause);
    assertFromPeer(role === "client" ? server : client, "internal_error");
  });

  Deno.test(`badCert hook's override is never cached, resumed or put into a ticket (${role})`, async () => {
    const options: JoinOptions = authenticating(role, { badCert: () => true, caCerts: [] });
    const contexts = sharedContexts(options);
    for (let i = 0; i < 3; i++) {
      const [client, server] = await session(contexts);
      assertEquals([client.resumed, server.resumed], [false, false]);
      assertEquals((role === "client" ? client : server).badCertAccepted, true);
    }
  });
}

/** The same connection's options each time, with contexts that last. */
function sharedContexts(options: JoinOptions): JoinOptions {
  return {
    client: { ...options.client, context: new NssContext() },
    server: { ...options.server, context: new NssContext() },
  };
}

/** A server's certificate with an RSA key that nobody should believe any more. */
async function makeWeak(): Promise<{ credential: CertificateOptions }> {
  const pair = await crypto.subtle.generateKey(
    {
      name: "RSA-PSS",
      modulusLength: 1024,
      publicExponent: new Uint8Array([1, 0, 1]),
      hash: "SHA-256",
    },
    true,
    ["sign", "verify"],
  );
  const cert = await createCertificate({
    dnsNames: [HOSTNAME],
    publicKey: parseSubjectPublicKeyInfo(
      new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey)),
    ),
    issuer: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
  });
  return { credential: { cert, key: pair.privateKey } };
}

Deno.test("authCertificate() refuses by default what nobody vouches for, and says why", async (t) => {
  const hour = 3_600_000;
  const past = new Date(Date.now() - 100 * hour);
  const expired = await makeIdentity({
    dnsNames: [HOSTNAME],
    notBefore: past,
    notAfter: new Date(Date.now() - hour),
  }, PKI.root);
  const early = await makeIdentity(
    { dnsNames: [HOSTNAME], notBefore: new Date(Date.now() + hour) },
    PKI.root,
  );
  const forClients = await makeIdentity(
    { dnsNames: [HOSTNAME], extKeyUsage: ["clientAuth"] },
    PKI.root,
  );
  const selfSigned = await makeIdentity({ dnsNames: [HOSTNAME] });
  const serverWith = (identity: Pick<typeof expired, "credential">): JoinOptions => ({
    server: { certificates: [identity.credential] },
  });
  const rows: readonly [string, JoinOptions, ErrorName, AlertName, RegExp][] = [
    [
      "wrong host",
      { client: { hostname: "wrong.test" } },
      "SSL_ERROR_BAD_CERT_DOMAIN",
      "bad_certificate",
      /"wrong\.test".*DNS:server\.test/,
    ],
    [
      "unknown issuer",
      { client: { caCerts: [PKI.otherRoot.cert] } },
      "SEC_ERROR_UNKNOWN_ISSUER",
      "unknown_ca",
      /CN=Test Root/,
    ],
    [
      "nobody trusted",
      { client: { caCerts: [] } },
      "SEC_ERROR_UNKNOWN_ISSUER",
      "unknown_ca",
      /CN=Test Root/,
    ],
    [
      "self-signed",
      serverWith(selfSigned),
      "SEC_ERROR_UNKNOWN_ISSUER",
      "unknown_ca",
      /self-signed and no trust anchor/,
    ],
    [
      "expired",
      serverWith(expired),
      "SEC_ERROR_EXPIRED_CERTIFICATE",
      "certificate_expired",
      /expired at 2/,
    ],
    [
      "not valid yet",
      serverWith(early),
      "SEC_ERROR_EXPIRED_CERTIFICATE",
      "certificate_expired",
      /not valid before 2/,
    ],
    [
      "for clients only",
      serverWith(forClients),
      "SEC_ERROR_INADEQUATE_CERT_TYPE",
      "certificate_unknown",
      /./,
    ],
    [
      "a key that is too short",
      serverWith(await makeWeak()),
      "SEC_ERROR_INVALID_KEY",
      "bad_certificate",
      /1024 bits/,
    ],
  ];
  for (const [name, options, error, alert, message] of rows) {
    await t.step(name, async () => {
      const found = await assertFails(options, { at: "client", error, alert });
      assertMatch(found.message, message);
    });
  }
});

Deno.test("SslSocket as client wants to know whom it talks to", async () => {
  const { hostname: _, ...nobody } = { hostname: "", caCerts: [PKI.root.cert] };
  const [a, b] = memoryStreams();
  const client = importFD(a, nobody);
  const error = await failureOf(client.handshake());
  assertLocal(error, "SSL_ERROR_BAD_CERT_DOMAIN", "bad_certificate");
  assertMatch(error.message, /option hostname.*authCertificate hook/);
  // Nothing was said to anybody.
  assertEquals((await b.readable.getReader().read()).done, true);
  await client.close();

  // A hook of its own may know better.
  const [c, d] = memoryStreams();
  const decided = importFD(c, {
    caCerts: [PKI.root.cert],
    authCertificate: (socket, peer) => authCertificate(socket, { ...peer, hostname: HOSTNAME }),
  });
  const server = importFD(d, { role: "server", certificates: [PKI.server.credential] });
  const [, info] = await shake({ client: decided, server });
  assertEquals(info.serverName, null);
  await Promise.allSettled([decided.close(), server.close()]);
});

Deno.test("SslSocket as server needs a certificate, and says so", async () => {
  const error = await assertFails(
    { server: { certificates: [] } },
    { at: "server", error: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG", alert: "handshake_failure" },
  );
  assertMatch(error.message, /option certificates/);
});
