// Copyright 2026 the NSS for Deno authors. MIT license.

import { Buffer } from "node:buffer";
import { constants } from "node:crypto";
import nodeTls from "node:tls";
import type https from "node:https";
import { assert, assertEquals, assertMatch, assertStrictEquals, assertThrows } from "@std/assert";
import * as ours from "@nss/nss/node";
import { SslError } from "@nss/nss";
import { PROTECTING, readNodeOptions } from "../../../ssl/node/read_options.ts";
import {
  groupsOf,
  schemesOf,
  versionsOf,
  versionsOfMethod,
} from "../../../ssl/node/openssl_names.ts";
import { NAMED_GROUPS } from "../../../ssl/tables/named_groups.ts";
import { SIGNATURE_SCHEMES } from "../../../ssl/tables/signature_schemes.ts";
import { PASSPHRASE, PEMS, thrownBy } from "./_node_peers.ts";

const { connect, createSecureContext, createServer } = ours;

Deno.test("options: a name one slip away from one that protects is refused, with the right one", () => {
  for (
    const [name, meant] of [
      ["rejectUnauthorised", "rejectUnauthorized"],
      ["rejectUnathorized", "rejectUnauthorized"],
      ["requestcert", "requestCert"],
      ["serverName", "servername"],
      ["CA", "ca"],
      ["cas", "ca"],
      ["certs", "cert"],
      ["cipher", "ciphers"],
      ["chipers", "ciphers"],
      ["minversion", "minVersion"],
      ["alpnProtocols", "ALPNProtocols"],
      ["SniCallback", "SNICallback"],
      ["checkServerIdentify", "checkServerIdentity"],
      ["passPhrase", "passphrase"],
      ["honourCipherOrder", "honorCipherOrder"],
      ["caCerts", "ca"],
      ["clientAuth", "requestCert"],
      ["authCertificate", "checkServerIdentity"],
    ]
  ) {
    for (const take of [createSecureContext, createServer, connect]) {
      const options: object = { [name!]: true, port: 1 };
      const error = thrownBy(() => take(options));
      assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
      assertMatch(error.message, new RegExp(`there is no option ${name}; .*${meant}`));
    }
  }
});

/** Every option that Node's types know for a request by HTTPS; drivers copy them. */
const OF_NODE: { readonly [Name in keyof Required<https.RequestOptions & nodeTls.TlsOptions>]: 1 } =
  {
    ALPNCallback: 1,
    ALPNProtocols: 1,
    SNICallback: 1,
    _defaultAgent: 1,
    agent: 1,
    allowHalfOpen: 1,
    allowPartialTrustChain: 1,
    auth: 1,
    blockList: 1,
    ca: 1,
    cert: 1,
    checkServerIdentity: 1,
    ciphers: 1,
    clientCertEngine: 1,
    createConnection: 1,
    crl: 1,
    defaultPort: 1,
    dhparam: 1,
    ecdhCurve: 1,
    enableTrace: 1,
    family: 1,
    handshakeTimeout: 1,
    headers: 1,
    highWaterMark: 1,
    hints: 1,
    honorCipherOrder: 1,
    host: 1,
    hostname: 1,
    insecureHTTPParser: 1,
    joinDuplicateHeaders: 1,
    keepAlive: 1,
    keepAliveInitialDelay: 1,
    key: 1,
    localAddress: 1,
    localPort: 1,
    lookup: 1,
    maxHeaderSize: 1,
    maxVersion: 1,
    method: 1,
    minVersion: 1,
    noDelay: 1,
    passphrase: 1,
    path: 1,
    pauseOnConnect: 1,
    pfx: 1,
    port: 1,
    privateKeyEngine: 1,
    privateKeyIdentifier: 1,
    protocol: 1,
    pskCallback: 1,
    pskIdentityHint: 1,
    rejectUnauthorized: 1,
    requestCert: 1,
    secureContext: 1,
    secureOptions: 1,
    secureProtocol: 1,
    servername: 1,
    sessionIdContext: 1,
    sessionTimeout: 1,
    setDefaultHeaders: 1,
    setHost: 1,
    sigalgs: 1,
    signal: 1,
    socketPath: 1,
    ticketKeys: 1,
    timeout: 1,
    uniqueHeaders: 1,
  };

Deno.test("options: Node's own names, and those of drivers, are no slips", () => {
  const ofDrivers = [
    "_agentKey",
    "user",
    "username",
    "password",
    "database",
    "server",
    "serverPort",
    "keys",
    "session",
    "sessions",
    "version",
    "tlsVersion",
    "href",
    "hash",
    "query",
    "pathname",
    "headers",
    "connectTimeoutMS",
    "socketTimeoutMS",
    "tls",
    "ssl",
    "sslmode",
    "secure",
    "debug",
    "name",
    "logger",
    "direct",
    "localAddress",
    "hosts",
    "ports",
    "isServer",
    "isUnixSocket",
    "pool",
    "caFile",
    "tlsCAFile",
    "onread",
    "options",
    "clientCert",
    "caches",
    "kid",
    "cn",
    "cb",
  ];
  for (const name of [...Object.keys(OF_NODE), ...ofDrivers]) {
    const options = readNodeOptions({ [name]: true });
    assertEquals(options.get(name), true);
  }
  assertEquals(
    PROTECTING.filter((name) => !(name in OF_NODE)),
    ["minDHSize", "requestOCSP"], // the types lack them
  );
});

Deno.test("options: any prototype is read, but not Object.prototype, which may be polluted", () => {
  class DriverOptions {
    maxVersion = "TLSv1.2";
    get minVersion() {
      return "TLSv1.2";
    }
  }
  const options = readNodeOptions(new DriverOptions());
  assertEquals([options.get("minVersion"), options.get("maxVersion")], ["TLSv1.2", "TLSv1.2"]);
  const derived: object = Object.create({ rejectUnauthorized: true });
  assertEquals(readNodeOptions(derived).get("rejectUnauthorized"), true);
  const none: object = Object.create(null);
  assertEquals(readNodeOptions(none).get("ca"), undefined);
  Object.defineProperty(Object.prototype, "rejectUnauthorized", {
    value: false,
    configurable: true,
    enumerable: true,
  });
  try {
    assertEquals(readNodeOptions({}).get("rejectUnauthorized"), undefined);
    assertEquals(readNodeOptions(derived).get("rejectUnauthorized"), true);
  } finally {
    Reflect.deleteProperty(Object.prototype, "rejectUnauthorized");
  }
});

Deno.test("options: what is mapped is checked, and a message does not quote what may be a password", () => {
  for (
    const [options, why] of [
      [{ rejectUnauthorized: "false" }, /rejectUnauthorized is "false", not true or false/],
      [{ requestOCSP: 1 }, /requestOCSP is 1, not true or false/],
      [{ ciphers: ["AES"] }, /ciphers is an array, not a string/],
      [{ servername: 7 }, /servername is 7, not a string/],
      [{ ca: 7 }, /ca\[0\]: it is a number, not a string, a Buffer/],
      [{ ca: "ca.pem" }, /ca\[0\]: the text holds no PEM block; if it is the name of a file/],
      [{ cert: PEMS.server.cert }, /cert: there is no key for it/],
      [{ key: PEMS.server.key }, /key: there is no certificate for it/],
      [
        { cert: PEMS.server.cert, key: PEMS.client.key },
        /cert\[0\]: none of the keys is that of certificate/,
      ],
      [
        { cert: PEMS.server.cert, key: PEMS.server.encryptedKey },
        /key\[0\]: it is encrypted; give/,
      ],
      [{ cert: PEMS.server.cert, key: "secret" }, /^(?!.*secret).*key/],
      [
        { passphrase: 7, cert: PEMS.server.cert, key: PEMS.server.key },
        /passphrase: it is a number/,
      ],
      [{ crl: PEMS.root.cert }, /crl\[0\]/],
      [{ minDHSize: 0 }, /minDHSize is 0/],
      [{ minVersion: "TLS1.3" }, /minVersion is "TLS1.3", not one of TLSv1, TLSv1.1/],
      [{ maxVersion: "TLSv1.1" }, /maxVersion is "TLSv1.1", and only TLSv1.2 and TLSv1.3/],
      [{ minVersion: "TLSv1.3", maxVersion: "TLSv1.2" }, /minVersion "TLSv1.3" is newer than/],
      [{ secureProtocol: "TLSv1_method" }, /secureProtocol is "TLSv1_method", and only/],
      [{ secureProtocol: "x" }, /no method of OpenSSL's/],
      [{ secureProtocol: "TLS_method", minVersion: "TLSv1.2" }, /exclude each other/],
      [
        { secureOptions: constants.SSL_OP_NO_TLSv1_2 | constants.SSL_OP_NO_TLSv1_3 },
        /secureOptions switches off all versions/,
      ],
      [{ secureOptions: "x" }, /secureOptions/],
      [{ ecdhCurve: false }, /ecdhCurve is false, not a string/],
      [{ ALPNProtocols: "h2" }, /ALPNProtocols: it is a string, not an array of names/],
      [{ ALPNProtocols: Buffer.from("\x05h2") }, /the name at byte 0 is cut off/],
      [{ ALPNProtocols: [Buffer.from([255])] }, /a name is no UTF-8/],
      [{ checkServerIdentity: true }, /checkServerIdentity is a boolean, not a function/],
      [{ enableTrace: "yes" }, /enableTrace is "yes"/],
      [{ session: 7 }, /session: it is a number/],
      [{ timeout: "x" }, /timeout is a string, not a number/],
      [{ signal: {} }, /signal is an object, not an AbortSignal/],
      [{ socket: {} }, /socket is an object, not a duplex stream/],
      [{ onread: {} }, /onread: it has no function callback/],
      [{ onread: { callback() {}, buffer: "x" } }, /its buffer is a string/],
      [{ pskCallback: "x" }, /pskCallback is a string, not a function/],
      [{ ticketKeys: Buffer.alloc(47) }, /ticketKeys: it has 47 bytes, not 48/],
      [
        { privateKeyEngine: "x" },
        /privateKeyEngine: engines are OpenSSL's; give the key of a token/,
      ],
      [{ clientCertEngine: "x" }, /clientCertEngine: engines are OpenSSL's/],
    ] as const
  ) {
    const given: object = { port: 1, ...options };
    const error = thrownBy(() => connect(given));
    assert(error instanceof SslError, String(error));
    assertMatch(error.message, why);
  }
  for (
    const [options, why] of [
      [{ requestCert: 1 }, /requestCert is 1, not true or false/],
      [{ SNICallback: true }, /SNICallback is a boolean, not a function/],
      [{ handshakeTimeout: "1" }, /handshakeTimeout is a string, not a number/],
      [{ sessionTimeout: -1 }, /sessionTimeout/],
      [{ sessionIdContext: 7 }, /sessionIdContext is 7, not a string/],
      [{ pauseOnConnect: "x" }, /pauseOnConnect/],
    ] as const
  ) {
    const given: object = options;
    assertMatch(thrownBy(() => createServer(given)).message, why);
  }
  for (const first of [undefined, null, true]) {
    assertThrows(() => Reflect.apply(connect, null, [first]), Error, "the first argument is");
  }
  assertThrows(() => Reflect.apply(createSecureContext, null, [7]), Error, "not an object");
});

Deno.test("options: names that drivers leave empty are as if they were missing", () => {
  const empty: object = {
    ca: "",
    cert: "",
    key: "",
    pfx: "",
    crl: "",
    ciphers: "",
    secureProtocol: "",
    passphrase: null,
    sessionIdContext: "",
    minVersion: null,
    maxVersion: undefined,
    dhparam: null,
    sigalgs: null,
  };
  createSecureContext(empty);
  createSecureContext(null);
  createSecureContext();
});

Deno.test("createSecureContext: a key under a password is decrypted with it, also where only one of them has one", () => {
  const { cert, key, encryptedKey } = PEMS.server;
  const { cert: rsaCert, key: rsaKey } = PEMS.rsaServer;
  createSecureContext({ cert, key, passphrase: "not needed" });
  createSecureContext({
    cert: [cert, rsaCert],
    key: [{ pem: encryptedKey, passphrase: PASSPHRASE }, rsaKey],
  });
  const error = thrownBy(() => createSecureContext({ cert: [cert, rsaCert], key: [key, key] }));
  assertMatch(error.message, /cert\[1\]: none of the keys is that of certificate "CN=rsa"/);
});

Deno.test("groupsOf: every group by name, lists with marks, and what is not supported is left out", () => {
  for (const { name } of NAMED_GROUPS.filter((group) => group.available())) {
    assertEquals(groupsOf(name), [name]);
    assertEquals(groupsOf(name.toUpperCase()), [name]);
  }
  assertEquals(groupsOf("auto"), undefined);
  assertEquals(groupsOf("P-521:P-384:prime256v1"), ["secp521r1", "secp384r1", "secp256r1"]);
  assertEquals(groupsOf("X448:?nothing:*x25519/P-256:ffdhe2048"), ["x25519", "secp256r1"]);
  assertMatch(thrownBy(() => groupsOf("P256")).message, /"P256" is no group; supported are/);
  assertMatch(thrownBy(() => groupsOf("X448")).message, /none of "X448" is supported/);
  assertMatch(thrownBy(() => groupsOf(":")).message, /the list is empty/);
});

Deno.test("schemesOf: every scheme by name, OpenSSL's pairs, and what is not supported is left out", () => {
  for (const { scheme } of SIGNATURE_SCHEMES) assertEquals(schemesOf(scheme), [scheme]);
  assertEquals(schemesOf("RSA+SHA256:ECDSA+SHA384"), [
    "rsa_pkcs1_sha256",
    "ecdsa_secp384r1_sha384",
  ]);
  assertEquals(schemesOf("RSA-PSS+SHA512:PSS+SHA512"), [
    "rsa_pss_rsae_sha512",
    "rsa_pss_pss_sha512",
  ]);
  assertEquals(schemesOf("ed448:DSA+SHA1:?x:ed25519"), ["ed25519"]);
  assertMatch(thrownBy(() => schemesOf("RSA")).message, /"RSA" is no signature scheme/);
  assertMatch(thrownBy(() => schemesOf("ed448")).message, /none of "ed448" is supported/);
});

Deno.test("versionsOf: ranges are cut to what is supported, and nothing weaker is let in", () => {
  assertEquals(versionsOf("TLSv1", "TLSv1.3"), { min: "TLSv1.2", max: "TLSv1.3" });
  assertEquals(versionsOf("TLSv1.3", "TLSv1.3"), { min: "TLSv1.3", max: "TLSv1.3" });
  for (
    const method of ["TLS_method", "SSLv23_method", "TLS_client_method", "SSLv23_server_method"]
  ) {
    assertEquals(versionsOfMethod(method), { min: "TLSv1.2", max: "TLSv1.3" });
  }
  assertEquals(versionsOfMethod("TLSv1_2_server_method"), { min: "TLSv1.2", max: "TLSv1.2" });
});

Deno.test("the module: constants, lists and functions are those of node:tls, as far as they are true here", () => {
  assertEquals(ours.DEFAULT_MIN_VERSION, "TLSv1.2");
  assertEquals(ours.DEFAULT_MAX_VERSION, "TLSv1.3");
  assertEquals(ours.DEFAULT_ECDH_CURVE, nodeTls.DEFAULT_ECDH_CURVE);
  assertEquals(ours.CLIENT_RENEG_LIMIT, nodeTls.CLIENT_RENEG_LIMIT);
  assertEquals(ours.CLIENT_RENEG_WINDOW, nodeTls.CLIENT_RENEG_WINDOW);
  assertStrictEquals(ours.rootCertificates[0], nodeTls.rootCertificates[0]);
  assert(ours.getCiphers().every((name) => name === name.toLowerCase()));
  createSecureContext({ ciphers: ours.DEFAULT_CIPHERS });
  for (const name of ours.getCiphers()) createSecureContext({ ciphers: name.toUpperCase() });
});

Deno.test("setDefaultCACertificates: counts where ca is missing, from then on", async () => {
  const { TestServer } = await import("./_node_peers.ts");
  await using server = await TestServer.start();
  const before = createSecureContext();
  try {
    ours.setDefaultCACertificates([PEMS.root.cert]);
    assertEquals(await server.connect({ ca: undefined }).finish(), "hello");
    await server.connect({ ca: undefined, secureContext: before }).failure();
    ours.setDefaultCACertificates([]);
    await server.connect({ ca: undefined }).failure();
  } finally {
    ours.setDefaultCACertificates(ours.rootCertificates);
  }
  assertThrows(
    () => Reflect.apply(ours.setDefaultCACertificates, null, ["x"]),
    Error,
    "not an array",
  );
});

Deno.test("checkServerIdentity: names, wildcards, addresses and the common name, as Node's", () => {
  const check = (host: string, subjectaltname?: string, CN?: string) =>
    ours.checkServerIdentity(host, { subject: { CN }, subjectaltname })?.reason;
  assertEquals(check("a.com", "DNS:a.com"), undefined);
  assertEquals(check("A.com.", "DNS:a.com"), undefined);
  assertEquals(check("b.a.com", "DNS:*.a.com"), undefined);
  assertEquals(check("a.com", undefined, "a.com"), undefined);
  assertEquals(check("8.8.8.8", "IP Address:8.8.8.8"), undefined);
  assertEquals(check("::1", "IP Address:0:0:0:0:0:0:0:1"), undefined);
  assertEquals(check("a.com", "DNS:x.com, DNS:a.com"), undefined);
  assertMatch(String(check("c.b.a.com", "DNS:*.a.com")), /^Host: c.b.a.com. is not in the cert's/);
  assertMatch(String(check("a.com", "DNS:*.com")), /is not in the cert's altnames/);
  assertMatch(String(check("a.com", "DNS:x.com", "a.com")), /is not in the cert's altnames/);
  assertMatch(String(check("a.com", undefined, "x.com")), /is not cert's CN: x.com/);
  assertMatch(String(check("8.8.8.8", "DNS:8.8.8.8", "8.8.8.8")), /is not in the cert's list/);
  assertMatch(String(check("a.com", "URI:http://a.com/")), /Cert does not contain a DNS name/);
  assertMatch(String(check("a.com")), /Cert does not contain a DNS name/);
  // CVE-2021-44532: one name that reads as two
  assert(check("a.com", 'DNS:"x.com, DNS:a.com"') !== undefined);
  assert(check("a.com", 'DNS:"x.com\\", DNS:a.com"') !== undefined);
  assertEquals(check("a.com", 'DNS:"x, y", DNS:a.com'), undefined);
  assertThrows(
    () => Reflect.apply(ours.checkServerIdentity, null, ["a", undefined]),
    Error,
    "cert is",
  );
});

// The module can stand in for node:tls: all its names are here, but for the deprecated ones
const STANDS_IN: { readonly [Name in keyof typeof nodeTls]: unknown } = ours;

Deno.test("the module: every name of node:tls that its types have is one of ours", () => {
  const deprecated = [
    "CryptoStream",
    "SecurePair",
    "createSecurePair",
    "convertALPNProtocols",
    "default",
    "module.exports",
  ];
  const missing = Object.keys(nodeTls).filter((name) =>
    !(name in STANDS_IN) && !deprecated.includes(name)
  );
  assertEquals(missing, []);
});
