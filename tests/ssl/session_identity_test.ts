// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What sessions are bound to: each thing changed alone, the whole configuration through, and each
 * thing that counts once more in a session that would have been resumed without it.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { parseTrust } from "../../cert/db/trust_flags.ts";
import { type TrustAnchor, trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import {
  change,
  type SettingName,
  type Settings,
  type SslConfig,
} from "../../ssl/config/config.ts";
import { encodeEchConfigList, generateEchKeys } from "../../ssl/nss/ech.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { configClientSessionCache } from "../../ssl/nss/client_session_cache.ts";
import { configMPServerSIDCache } from "../../ssl/nss/config_mp_server_sid_cache.ts";
import { SslError } from "../../ssl/base/errors.ts";
import { getStatistics } from "../../ssl/nss/get_statistics.ts";
import { toExternalKey } from "../../ssl/config/external_psk.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { setPolicyPreset } from "../../ssl/nss/policy_preset.ts";
import { setResumptionToken } from "../../ssl/nss/resumption_token.ts";
import {
  applicationSessionKey,
  clientSessionKey,
  tokenConfiguration,
} from "../../ssl/session/client_cache.ts";
import { localKey, serverHookIdentity } from "../../ssl/session/identity.ts";
import { MemorySessionCache } from "../../ssl/session/memory_cache.ts";
import { MemorySessionStore } from "../../ssl/session/memory_store.ts";
import type { ResumptionToken } from "../../ssl/base/resumption_token.ts";
import { ticketBinding } from "../../ssl/session/session_ticket.ts";
import { createSocket } from "../../ssl/ssl_socket.ts";
import { ConnTransport } from "../../ssl/connection/transports.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { ONLY_TLS12, ONLY_TLS13 } from "./_tls12.ts";
import { createAntiReplayContext } from "../../ssl/nss/early_data.ts";
import {
  clientOptions,
  closeAll,
  HOSTNAME,
  makeIdentity,
  ping,
  PKI,
  serverOptions,
  shake,
} from "./_support.ts";

type Field = SettingName;
type Change = Partial<Settings>;

const newContext = () => new NssContext({ trustAnchors: [trustAnchorOf(PKI.root.cert)] });

/** A server for both of the names that its clients ask for. */
const names = await makeIdentity({ dnsNames: [HOSTNAME, "other.test"] }, PKI.root);

const echKey = await generateEchKeys({ publicName: "other.test" });

const trustIdentity = (config: SslConfig) => localKey(config, ["trustAnchors"]);
const clientConfig = (options: ImportOptions = {}) => resolveConfig(clientOptions(options));
const serverConfig = (options: ImportOptions = {}) =>
  resolveConfig(serverOptions({ certificates: [names.credential], ...options }));

/**
 * Another value for each field of a client's and of a server's configuration, with which the two
 * still come to terms. The type asks for a row here when the configuration has a new field.
 */
function otherValues(base: SslConfig): Settings {
  const { cipherSuites, tls12CipherSuites, groups, signatureSchemes } = base;
  const fixed = resolveConfig({
    caCerts: [PKI.root.cert, PKI.otherRoot.cert],
    certificates: [PKI.server.credential],
    rawPublicKeys: { accept: [PKI.server.cert.subjectPublicKeyInfo], orCertificate: true },
    policy: "compatible",
  });
  return {
    role: base.role === "server" ? "client" : "server",
    hostname: "other.test",
    trustAnchors: fixed.trustAnchors,
    credentials: fixed.credentials,
    rawPublicKeys: fixed.rawPublicKeys,
    clientAuth: "request",
    externalPsks: [toExternalKey({ identity: "a", key: new Uint8Array(16) }, "a")],
    pskKeyExchangeModes: ["psk_ke"],
    certificateFallback: true,
    pskIdentityHint: "a",
    getExternalPsk: () => null,
    requireCertificate: "ALWAYS",
    caNames: [],
    alpn: false,
    alpnProtocols: ["h2"],
    minVersion: 0x0304,
    maxVersion: 0x0303,
    cipherSuites: cipherSuites.slice(0, -1),
    tls12CipherSuites: tls12CipherSuites.slice(0, -1),
    groups: groups.slice(0, -1),
    keyShares: [],
    additionalKeyShares: 0,
    signatureSchemes: signatureSchemes.slice(0, -1),
    pkcs1ClientAuth: true,
    policyPreset: fixed.policyPreset,
    noCache: true,
    sessionTickets: false,
    maxEarlyData: 1,
    antiReplay: createAntiReplayContext(),
    halfRttData: true,
    ocspStapling: true,
    signedCertTimestamps: true,
    extendedMasterSecret: "required",
    requireSafeNegotiation: true,
    renegotiation: "UNRESTRICTED",
    postHandshakeAuth: true,
    fallbackScsv: true,
    downgradeCheck: false,
    compatMode: false,
    grease: true,
    permuteExtensions: true,
    echConfigList: encodeEchConfigList([echKey]),
    echGrease: true,
    echKeys: [echKey],
    echBackend: true,
    recordSizeLimit: 1000,
    loadCertificateChain: true,
    pinArg: "pin",
    peerId: "tenant",
    sessionIdContext: "name",
    handshakeTimeout: 1,
    closeTimeout: 1,
    noDelay: false,
    allowTruncation: true,
    authCertificate: () => true,
    badCert: () => false,
    getClientAuthData: () => null,
    clientHelloCallback: () => {},
    helloRetryRequestCallback: () => "accept",
    sniSocketConfig: () => undefined,
    nextProtoCallback: () => null,
    handshakeCallback: () => {},
    alertSentCallback: () => {},
    alertReceivedCallback: () => {},
    resumptionTokenCallback: () => {},
    resumptionToken: {} as ResumptionToken,
    keyLog: () => {},
    context: newContext(),
  };
}

/** The fields that an identity differs by, each changed alone. */
async function fieldsOf(
  base: SslConfig,
  identity: (config: SslConfig) => unknown,
): Promise<readonly Field[]> {
  const others = otherValues(base);
  const known = await identity(base);
  assertEquals(await identity({ ...base }), known);
  const fields: Field[] = [];
  for (const field of Object.keys(others) as Field[]) {
    assert(others[field] !== base[field], field);
    const changed = await identity({ ...base, [field]: others[field] });
    if (JSON.stringify(changed) !== JSON.stringify(known)) fields.push(field);
  }
  return fields.sort();
}

/** What a client offers, demands and shows. */
const NEGOTIATION: readonly Field[] = [
  "minVersion",
  "maxVersion",
  "cipherSuites",
  "tls12CipherSuites",
  "groups",
  "signatureSchemes",
  "pkcs1ClientAuth",
  "extendedMasterSecret",
  "ocspStapling",
  "signedCertTimestamps",
  "policyPreset",
  "credentials",
  "rawPublicKeys",
];
const TOKEN: readonly Field[] = [...NEGOTIATION, "peerId", "getClientAuthData"];
const APPLICATION: readonly Field[] = [...TOKEN, "hostname", "alpnProtocols"];
const CLIENT: readonly Field[] = [...APPLICATION, "trustAnchors", "authCertificate", "badCert"];
const HOOKS: readonly Field[] = ["authCertificate", "badCert", "sniSocketConfig"];
const SERVER: readonly Field[] = [
  "credentials",
  "rawPublicKeys",
  "clientAuth",
  "trustAnchors",
  "policyPreset",
  "sessionIdContext",
  ...HOOKS,
];

const WITHOUT_SESSIONS: Field = "sessionTickets"; // of which there is no identity at all
const ADDRESS = "address";
const identities: readonly [
  string,
  SslConfig,
  (config: SslConfig) => unknown,
  readonly Field[],
][] = [
  ["trustIdentity()", clientConfig(), trustIdentity, ["trustAnchors"]],
  ["tokenConfiguration()", clientConfig(), tokenConfiguration, [...TOKEN, WITHOUT_SESSIONS]],
  [
    "applicationSessionKey()",
    clientConfig(),
    (config) => applicationSessionKey(config, ADDRESS),
    [...APPLICATION, WITHOUT_SESSIONS],
  ],
  [
    "clientSessionKey()",
    clientConfig(),
    (config) => clientSessionKey(config, ADDRESS),
    [...CLIENT, WITHOUT_SESSIONS],
  ],
  ["serverHookIdentity()", serverConfig(), serverHookIdentity, [...HOOKS, "sessionIdContext"]],
  [
    "serverHookIdentity() that trusts whom the context trusts",
    { ...serverConfig({ clientAuth: "require" }), trustAnchors: null },
    serverHookIdentity,
    // Those who are asked for no certificate, or judged by the configuration's own authorities, do
    // not depend on the context.
    [...HOOKS, "sessionIdContext", "context", "trustAnchors"],
  ],
  ["ticketBinding()", serverConfig(), async (config) => [...await ticketBinding(config)], SERVER],
];

for (const [name, base, identity, fields] of identities) {
  Deno.test(`${name} differs by each field that a session is bound to, and by no other`, async () => {
    assertEquals(await fieldsOf(base, identity), [...fields].sort());
  });
}

Deno.test("serverHookIdentity() does without the context where no client is asked for a certificate", () => {
  const config = { ...serverConfig(), trustAnchors: null };
  assertEquals(serverHookIdentity(config), null);
  assertNotEquals(serverHookIdentity({ ...config, clientAuth: "request" }), null);
});

Deno.test("serverHookIdentity() keeps sessions in the process where an anchor has constraints of its own", () => {
  const anchor = {
    ...trustAnchorOf(PKI.root.cert),
    nameConstraints: { permitted: [], excluded: [] },
  };
  const config = { ...serverConfig(), trustAnchors: [anchor] };
  // another process has other constraints of that number
  assertNotEquals(serverHookIdentity(config), null);
  assertEquals(
    serverHookIdentity({ ...config, trustAnchors: [trustAnchorOf(PKI.root.cert)] }),
    null,
  );
});

Deno.test("serverHookIdentity() with a name tells whether there are hooks, and not which", () => {
  const config = serverConfig({ sessionIdContext: "n", clientAuth: "request" });
  const others = otherValues(config);
  const known = JSON.stringify(serverHookIdentity(config));
  const changes: Change[] = [
    ...HOOKS.map((field) => ({ [field]: others[field] })),
    { trustAnchors: null },
    { sessionIdContext: "m" },
  ];
  for (const change of changes) {
    assertNotEquals(JSON.stringify(serverHookIdentity({ ...config, ...change })), known);
  }
  for (const field of HOOKS) {
    const [one, two] = [() => undefined, () => undefined];
    assertEquals(
      serverHookIdentity({ ...config, [field]: one }),
      serverHookIdentity({ ...config, [field]: two }),
    );
  }
});

Deno.test("clientSessionKey() and applicationSessionKey() differ by the peer's address", async () => {
  const config = clientConfig();
  assertNotEquals(clientSessionKey(config, "a"), clientSessionKey(config, "b"));
  assertNotEquals(
    await applicationSessionKey(config, "a"),
    await applicationSessionKey(config, "b"),
  );
});

Deno.test("trustIdentity() differs by each thing that decides what an authority is trusted for", () => {
  const { subject, subjectPublicKeyInfo } = PKI.root.cert;
  const { certificate: _, ...bare } = trustAnchorOf(PKI.root.cert);
  const other = PKI.otherRoot.cert;
  const constraints = () => ({ permitted: [], excluded: [] });
  const anchors: readonly TrustAnchor[] = [
    bare,
    { subject: other.subject, subjectPublicKeyInfo },
    { subject, subjectPublicKeyInfo: other.subjectPublicKeyInfo },
    { ...bare, certificate: PKI.root.cert },
    { ...bare, certificate: other },
    { ...bare, nameConstraints: constraints() },
    { ...bare, nameConstraints: constraints() }, // another object may be changed for itself
    { ...bare, distrustAfter: new Date(1) },
    { ...bare, distrustAfter: new Date(2) },
    { ...bare, trust: parseTrust("C,,") },
    { ...bare, trust: parseTrust("CT,,") },
  ];
  const identity = (anchor: TrustAnchor) =>
    JSON.stringify(trustIdentity({ ...clientConfig(), trustAnchors: [anchor] }));
  assertEquals(new Set(anchors.map(identity)).size, anchors.length);
  assertEquals(identity({ ...bare }), identity(bare));
});

/** Runs one connection up to its tickets; says whether the server has resumed. */
async function meet(client: SslConfig, server: SslConfig, port = 443): Promise<boolean> {
  const [a, b] = memoryPair();
  const remoteAddr = { ...a.remoteAddr, port };
  const conn = {
    localAddr: a.localAddr,
    remoteAddr,
    read: (p: Uint8Array) => a.read(p),
    write: (p: Uint8Array) => a.write(p),
    close: () => a.close(),
  };
  const ends = {
    client: createSocket(new ConnTransport(conn), client),
    server: createSocket(new ConnTransport(b), server),
  };
  try {
    const [, { resumed }] = await shake(ends);
    await ping(ends);
    return resumed;
  } finally {
    await closeAll(ends.client, ends.server);
  }
}

/**
 * A server that has only the version of which a session would be resumed though the field is
 * another.
 */
const serverFor = (field: Field) =>
  serverConfig({ versions: field === "maxVersion" ? ONLY_TLS12 : ONLY_TLS13 });

for (
  const [name, fields, own] of [
    ["the cache in memory", CLIENT, false],
    ["a cache of the application's", APPLICATION, true],
  ] as const
) {
  Deno.test(`SslSocket as client does not offer a session of ${name} where one thing is another`, async (t) => {
    for (const field of [...fields, "peerAddress"] as const) {
      await t.step(field, async () => {
        const context = newContext();
        if (own) configClientSessionCache({ context, cache: new MemorySessionCache() });
        const base = clientConfig({ context });
        const server = serverFor(field === "peerAddress" ? "groups" : field);
        assertEquals(await meet(base, server), false);
        if (field === "peerAddress") await meet(base, server, 444);
        else await meet({ ...base, [field]: otherValues(base)[field] }, server);
        assertEquals(getStatistics({ context }).sendClientHello.hits, 0);
        assertEquals(await meet(base, server), true); // with nothing changed
      });
    }
  });
}

Deno.test("SslSocket as client does not offer a session where its context is under another preset", async () => {
  const context = newContext();
  const base = clientConfig({ context, policy: "compatible" });
  change(base, { policyPreset: null });
  const server = serverFor("policyPreset");
  await meet(base, server);
  setPolicyPreset("compatible", context);
  await meet(base, server);
  assertEquals(getStatistics({ context }).sendClientHello.hits, 0);
  setPolicyPreset(null, context);
  assertEquals(await meet(base, server), true);
});

Deno.test("setResumptionToken() refuses a token where one thing is another", async (t) => {
  const tokens: Uint8Array[] = [];
  const base = clientConfig({ resumptionTokenCallback: (_, token) => void tokens.push(token) });
  await meet(base, serverFor("groups"));
  const set = async (change: Change) => {
    const socket = createSocket(new ConnTransport(memoryPair()[0]), { ...base, ...change });
    try {
      setResumptionToken(socket, tokens[0]!);
    } finally {
      await closeAll(socket);
    }
  };
  await set({});
  for (const field of [...TOKEN, "hostname"] as const) {
    await t.step(field, async () => {
      const error = await assertRejects(
        () => set({ [field]: otherValues(base)[field] }),
        SslError,
      );
      assertEquals(error.name, "SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR");
    });
  }
});

type Row = readonly [name: string, given: Change, changed: Field, resumes: boolean];

Deno.test("SslSocket as server does not take a session where one thing is another", async (t) => {
  const own: Change = { trustAnchors: null, clientAuth: "request" };
  const named: Change = { sessionIdContext: "n" };
  const hook = (field: Field): Change => ({ [field]: (): undefined => {} });
  const rows: readonly Row[] = [
    ...SERVER.map((field): Row => [field, {}, field, false]),
    ["the context that says whom to trust", own, "context", false],
    ["the context, whose word does not count", { clientAuth: "request" }, "context", true],
    ["the context, and nobody is asked", { trustAnchors: null }, "context", true],
    ["the context, by name", { ...own, ...named }, "context", true],
    ["the name", named, "sessionIdContext", false],
    ...HOOKS.flatMap((field): Row[] => [
      [`${field} in place of another`, hook(field), field, false],
      [`${field}, by name`, named, field, false],
      [`${field} in place of another, by name`, { ...hook(field), ...named }, field, true],
    ]),
    ["ocspStapling, which is for clients", {}, "ocspStapling", true],
    ["signedCertTimestamps, which is for clients", {}, "signedCertTimestamps", true],
  ];
  for (const [name, given, changed, resumes] of rows) {
    await t.step(name, async () => {
      const client = clientConfig();
      const store = new MemorySessionStore();
      const secret = new Uint8Array(32);
      const base = { ...serverConfig(), ...given };
      const others = otherValues(base);
      for (const { context } of [base, others]) {
        await configMPServerSIDCache({ context, store, secret });
      }
      assertEquals(await meet(client, base), false);
      assertEquals(await meet(client, base), true); // with nothing changed
      const server = { ...base, [changed]: others[changed] };
      assertEquals(await meet(client, server), resumes);
    });
  }
});
