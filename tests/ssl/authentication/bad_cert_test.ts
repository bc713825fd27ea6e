// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createCrl, type ErrorName, NssError, trustAnchorOf } from "@nss/nss/cert";
import { NssContext } from "@nss/nss/pkcs11";
import { authCertificate, type BadCertHook, type ImportOptions, type Role } from "@nss/nss/ssl";
import {
  assertFails,
  connected,
  HOSTNAME,
  type Identity,
  join,
  type JoinOptions,
  makeIdentity,
  outcomeOf,
  pingPong,
  PKI,
  turns,
} from "../_support.ts";

const PAST = { notBefore: new Date("2020-01-01"), notAfter: new Date("2021-01-01") };
const { root, otherRoot: rogue } = PKI;
const EXPIRED = "SEC_ERROR_EXPIRED_CERTIFICATE";
const EXPIRED_ISSUER = "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE";
const UNKNOWN = "SEC_ERROR_UNKNOWN_ISSUER";
const DOMAIN = "SSL_ERROR_BAD_CERT_DOMAIN";
const REVOKED = "SEC_ERROR_REVOKED_CERTIFICATE";

/** What only JavaScript can give back from a hook. */
// deno-lint-ignore no-explicit-any -- hooks come from JavaScript, too
const untyped = (value: any) => value;

/** The end of a role judges a certificate, which its peer shows with its issuers. */
function judging(role: Role, options: ImportOptions, ...path: readonly Identity[]): JoinOptions {
  const certificates = [{ cert: path.map(({ cert }) => cert), key: path[0]!.credential.key }];
  return role === "client"
    ? { client: options, server: { certificates } }
    : { server: { clientAuth: "require", ...options }, client: { certificates } };
}

/** A hook that tolerates one error by returning `true`, and writes down about which it is asked. */
function tolerating(name: ErrorName): { readonly badCert: BadCertHook; readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    badCert: (_socket, error) => {
      asked.push(error.name);
      return error.name === name;
    },
  };
}

for (const role of ["client", "server"] as const) {
  for (const answers of ["true", "a list"] as const) {
    const tolerate = (name: ErrorName): BadCertHook =>
      answers === "a list" ? () => [name] : tolerating(name).badCert;

    Deno.test(`badCert that tolerates an expired certificate (by ${answers}) does not accept a rogue authority's (${role})`, async () => {
      const leaf = await makeIdentity({ dnsNames: ["evil.test"], ...PAST }, rogue);
      const badCert = tolerate(EXPIRED);
      await assertFails(judging(role, { badCert }, leaf), {
        at: role,
        error: UNKNOWN,
        alert: "unknown_ca",
      });
    });

    Deno.test(`badCert that tolerates an expired issuer (by ${answers}) does not accept a rogue root behind one (${role})`, async () => {
      const between = await makeIdentity({ subject: "CN=Between", isCa: true, ...PAST }, rogue);
      const leaf = await makeIdentity({ dnsNames: ["evil.test"] }, between);
      for (const sent of [[leaf, between], [leaf, between, rogue]]) {
        await assertFails(judging(role, { badCert: tolerate(EXPIRED_ISSUER) }, ...sent), {
          at: role,
          error: UNKNOWN,
          alert: "unknown_ca",
        });
      }
    });

    Deno.test(`badCert that tolerates an expired certificate (by ${answers}) accepts it of the right authority (${role})`, async () => {
      const leaf = await makeIdentity({ dnsNames: [HOSTNAME], ...PAST }, root);
      await using joined = await connected(judging(role, { badCert: tolerate(EXPIRED) }, leaf));
      const own = role === "client" ? joined.client : joined.server;
      assertEquals((await own.handshake()).badCertAccepted, true);
      await pingPong(joined);
    });

    Deno.test(`badCert that tolerates an expired certificate (by ${answers}) does not accept a revoked one (${role})`, async () => {
      const leaf = await makeIdentity({ dnsNames: [HOSTNAME], ...PAST }, root);
      const crl = await createCrl({
        issuer: { certificate: root.cert, privateKey: root.keys.privateKey },
        crlNumber: 1,
        thisUpdate: new Date(),
        revoked: [{ serialNumber: leaf.cert.serialNumber, revocationDate: new Date() }],
      });
      const own: ImportOptions = {
        badCert: tolerate(EXPIRED),
        authCertificate: (socket, peer) =>
          authCertificate(socket, peer, { revocation: { policy: "soft", crls: [crl] } }),
      };
      await assertFails(judging(role, own, leaf), {
        at: role,
        error: REVOKED,
        alert: "certificate_revoked",
      });
    });
  }

  Deno.test(`badCert is asked about one error after the other, the gravest first, and gets all that is left (${role})`, async () => {
    const between = await makeIdentity({ subject: "CN=Between", isCa: true, ...PAST }, root);
    const leaf = await makeIdentity({
      dnsNames: ["evil.test"],
      extKeyUsage: ["codeSigning"],
      ...PAST,
    }, between);
    const asked: unknown[][] = [];
    const badCert: BadCertHook = async (_socket, error, peer, problems) => {
      await turns(1);
      assertEquals(error.name, problems[0]!.error.name);
      for (const { error, certificate, depth } of problems) {
        assert(error.message.length > 20, error.message);
        assertEquals(certificate, peer.chain[depth!]);
      }
      asked.push(problems.map(({ error, depth }) => `${error.name} ${depth}`));
      return true;
    };
    await using joined = await connected(judging(role, { badCert }, leaf, between));
    await pingPong(joined);
    const all = [
      ...role === "client" ? [`${DOMAIN} 0`] : [],
      "SEC_ERROR_INADEQUATE_CERT_TYPE 0",
      `${EXPIRED_ISSUER} 1`,
      `${EXPIRED} 0`,
    ];
    assertEquals(asked, all.map((_, i) => all.slice(i)));
  });

  Deno.test(`badCert that names some errors in a list is asked once, and the gravest of the others is told (${role})`, async () => {
    const leaf = await makeIdentity(
      { dnsNames: [HOSTNAME], extKeyUsage: ["codeSigning"], ...PAST },
      rogue,
    );
    let calls = 0;
    const badCert: BadCertHook = () => (calls++, [UNKNOWN, EXPIRED]);
    await assertFails(judging(role, { badCert }, leaf), {
      at: role,
      error: "SEC_ERROR_INADEQUATE_CERT_TYPE",
      alert: "certificate_unknown",
    });
    assertEquals(calls, 1);
    const all: BadCertHook = () => [EXPIRED, UNKNOWN, "SEC_ERROR_INADEQUATE_CERT_TYPE"];
    await using joined = await connected(judging(role, { badCert: all }, leaf));
    await pingPong(joined);
  });

  Deno.test(`badCert that names an error in a list tolerates it wherever in the path, and with true only there (${role})`, async () => {
    const upper = await makeIdentity({ subject: "CN=Upper", isCa: true, ...PAST }, root);
    const between = await makeIdentity({ subject: "CN=Between", isCa: true, ...PAST }, upper);
    const leaf = await makeIdentity({ dnsNames: [HOSTNAME] }, between);
    const depths: unknown[] = [];
    const once: BadCertHook = (_socket, _error, _peer, [problem]) =>
      depths.push(problem?.depth) === 1;
    await assertFails(judging(role, { badCert: once }, leaf, between, upper), {
      at: role,
      error: EXPIRED_ISSUER,
      alert: "unknown_ca",
    });
    assertEquals(depths.length, 2);
    const badCert: BadCertHook = () => [EXPIRED_ISSUER];
    await using joined = await connected(judging(role, { badCert }, leaf, between, upper));
    await pingPong(joined);
  });

  Deno.test(`badCert that returns neither true nor names of errors tolerates nothing, and is told so (${role})`, async () => {
    const leaf = await makeIdentity({ dnsNames: [HOSTNAME], ...PAST }, root);
    const hint = "which is neither true nor a list of names of errors";
    for (
      const [answer, says] of [
        [undefined, ""],
        [null, ""],
        [[], ""],
        [[UNKNOWN], ""],
        [EXPIRED, `the badCert hook returned "${EXPIRED}", ${hint}`],
        [
          ["SEC_ERROR_EXPIRED"],
          'the badCert hook returned a list with "SEC_ERROR_EXPIRED", which is no name of an error',
        ],
        [1, `the badCert hook returned 1, ${hint}`],
        [new Set([EXPIRED]), `the badCert hook returned an object of type Set, ${hint}`],
      ] as readonly (readonly [unknown, string])[]
    ) {
      const error = await assertFails(judging(role, { badCert: () => untyped(answer) }, leaf), {
        at: role,
        error: EXPIRED,
        alert: "certificate_expired",
      });
      assertStringIncludes(error.message, says);
    }
  });

  Deno.test(`authCertificate hook's own checks count although badCert tolerates an error before them (${role})`, async () => {
    const leaf = await makeIdentity({ dnsNames: [HOSTNAME], ...PAST }, root);
    for (const isPinned of [true, false]) {
      let pins = 0;
      const { badCert, asked } = tolerating(EXPIRED);
      const options = judging(role, {
        badCert,
        authCertificate: async (socket, peer) => {
          await authCertificate(socket, peer);
          pins++;
          return isPinned;
        },
      }, leaf);
      if (isPinned) {
        await using joined = await connected(options);
        const own = role === "client" ? joined.client : joined.server;
        assertEquals((await own.handshake()).badCertAccepted, true);
      } else {
        await assertFails(options, {
          at: role,
          error: "SSL_ERROR_BAD_CERTIFICATE",
          alert: "bad_certificate",
        });
      }
      assertEquals(pins, 1);
      assertEquals(asked, isPinned ? [EXPIRED] : [EXPIRED, "SSL_ERROR_BAD_CERTIFICATE"]);
    }
  });

  Deno.test(`badCert hears what checkPath refuses beside what is wrong otherwise (${role})`, async () => {
    const leaf = await makeIdentity({ dnsNames: [HOSTNAME], ...PAST }, root);
    for (
      const [thrown, name] of [
        [new NssError("SEC_ERROR_UNTRUSTED_ISSUER"), "SEC_ERROR_UNTRUSTED_ISSUER"],
        [new TypeError("not a verdict"), "SEC_ERROR_APPLICATION_CALLBACK_ERROR"],
      ] as const
    ) {
      const { badCert, asked } = tolerating(EXPIRED);
      const own: ImportOptions = {
        badCert,
        authCertificate: (socket, peer) =>
          authCertificate(socket, peer, { checkPath: () => Promise.reject(thrown) }),
      };
      await using joined = join(judging(role, own, leaf));
      await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
      assertEquals(asked, [name]);
    }
  });

  Deno.test(`badCert hears all that is wrong by the trust of the context, too (${role})`, async () => {
    const context = new NssContext({ trustAnchors: [trustAnchorOf(root.cert)] });
    const own = { context, caCerts: undefined! };
    const wrong = await makeIdentity({ dnsNames: ["evil.test"], ...PAST }, rogue);
    const expired = tolerating(EXPIRED);
    await assertFails(judging(role, { ...own, badCert: expired.badCert }, wrong), {
      at: role,
      error: UNKNOWN,
      alert: "unknown_ca",
    });
    assertEquals(expired.asked, [UNKNOWN]);
  });

  Deno.test(`authCertificate() searches no second time where there is no badCert hook (${role})`, async () => {
    const logs: unknown[] = [];
    const authenticate: ImportOptions["authCertificate"] = (_socket, peer) =>
      logs.push(peer.log) > 0;
    for (const options of [{}, { badCert: () => false }]) {
      const own = { authCertificate: authenticate, ...options };
      await using joined = await connected(
        judging(role, own, PKI[role === "client" ? "server" : "client"]),
      );
      await pingPong(joined);
    }
    assertEquals(logs, [undefined, []]);
  });
}
