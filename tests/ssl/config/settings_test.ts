// Copyright 2026 the NSS for Deno authors. MIT license.

// What becomes of each setting when a socket is given another configuration: every row of the table
// x the way in which that happens x who has set it.

import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import {
  importFD,
  type ImportOptions,
  newModel,
  reconfigFD,
  resetHandshake,
  type SniSocketConfig,
  SslError,
  type SslModel,
  type SslSocket,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { change, type SettingName, type Settings } from "../../../ssl/config/config.ts";
import { configOf } from "../../../ssl/config/config_registry.ts";
import { toCredential } from "../../../ssl/config/credential.ts";
import { resolveConfig } from "../../../ssl/config/resolve_config.ts";
import { SETTING_NAMES, SETTINGS } from "../../../ssl/config/settings.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../../../ssl/tables/cipher_suites.ts";
import { NAMED_GROUPS } from "../../../ssl/tables/named_groups.ts";
import { policyPresetByName } from "../../../ssl/tables/policy_presets.ts";
import { TLS_1_2, TLS_1_3 } from "../../../ssl/tables/versions.ts";
import { toExternalKey } from "../../../ssl/config/external_psk.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { memoryPair } from "../../support/memory_pair.ts";
import { takeRawPublicKeys } from "../../../ssl/config/raw_public_keys.ts";
import { createAntiReplayContext } from "../../../ssl/nss/early_data.ts";
import { encodeEchConfigList, generateEchKeys } from "../../../ssl/nss/ech.ts";
import { closeAll, HOSTNAME, join, type Joined, PKI, shake } from "../_support.ts";

const PSK = { identity: "a", key: new Uint8Array(16) };
const hook = () => () => undefined as never;
const anchors = () => [trustAnchorOf(PKI.root.cert)];

const PINS = ["A", "B"].map((letter) => `${letter.repeat(43)}=`);
const ECH_KEYS = [
  await generateEchKeys({ publicName: "a.test" }),
  await generateEchKeys({ publicName: "b.test" }),
];
/** Those of both versions. */
const CLASSIC_GROUPS = NAMED_GROUPS.filter(({ tls12 }) => tls12);

/**
 * For each setting two values that somebody may set, both other than what it is from the start and
 * good for a handshake.
 */
const SAMPLES: { readonly [N in SettingName]: readonly [Settings[N], Settings[N]] } = {
  role: ["server", "server"],
  hostname: ["a.test", "b.test"],
  trustAnchors: [anchors(), anchors()],
  credentials: [
    [toCredential(PKI.server.credential, "a")],
    [toCredential(PKI.otherServer.credential, "b")],
  ],
  rawPublicKeys: [
    takeRawPublicKeys({ accept: [PINS[0]!], orCertificate: true }, "a"),
    takeRawPublicKeys({ accept: [PINS[1]!], orCertificate: true }, "b"),
  ],
  clientAuth: ["request", "require"],
  externalPsks: [[toExternalKey(PSK, "a")], [toExternalKey({ ...PSK, identity: "b" }, "b")]],
  pskKeyExchangeModes: [["psk_ke"], ["psk_dhe_ke", "psk_ke"]],
  certificateFallback: [true, true],
  pskIdentityHint: ["a", "b"],
  requireCertificate: ["ALWAYS", "NEVER"],
  caNames: [[], [PKI.root.cert.subject]],
  alpn: [false, false],
  alpnProtocols: [["a"], ["b"]],
  minVersion: [TLS_1_3, TLS_1_3],
  maxVersion: [TLS_1_2, TLS_1_2],
  cipherSuites: [CIPHER_SUITES.slice(0, 1), CIPHER_SUITES.slice(0, 2)],
  tls12CipherSuites: [TLS12_CIPHER_SUITES.slice(0, 1), TLS12_CIPHER_SUITES.slice(0, 2)],
  groups: [CLASSIC_GROUPS.slice(0, 2), CLASSIC_GROUPS.slice(0, 3)],
  keyShares: [CLASSIC_GROUPS.slice(0, 1), CLASSIC_GROUPS.slice(0, 2)],
  additionalKeyShares: [0, 1],
  signatureSchemes: [["ecdsa_secp256r1_sha256"], ["ed25519", "ecdsa_secp256r1_sha256"]],
  pkcs1ClientAuth: [true, true],
  policyPreset: [policyPresetByName("modern")!, policyPresetByName("compatible")!],
  noCache: [true, true],
  sessionTickets: [false, false],
  maxEarlyData: [1, 2],
  antiReplay: [createAntiReplayContext(), createAntiReplayContext()],
  halfRttData: [true, true],
  ocspStapling: [true, true],
  signedCertTimestamps: [true, true],
  extendedMasterSecret: ["off", "required"],
  requireSafeNegotiation: [true, true],
  renegotiation: ["REQUIRES_XTN", "UNRESTRICTED"],
  postHandshakeAuth: [true, true],
  fallbackScsv: [true, true],
  downgradeCheck: [false, false],
  compatMode: [false, false],
  grease: [true, true],
  permuteExtensions: [true, true],
  echConfigList: [encodeEchConfigList(ECH_KEYS), encodeEchConfigList(ECH_KEYS.slice(0, 1))],
  echGrease: [true, true],
  echKeys: [ECH_KEYS, ECH_KEYS.slice(0, 1)],
  echBackend: [true, true],
  recordSizeLimit: [1000, 2000],
  loadCertificateChain: [true, true],
  pinArg: ["a", "b"],
  peerId: ["a", "b"],
  sessionIdContext: ["a", "b"],
  handshakeTimeout: [10_000, 20_000],
  closeTimeout: [10_000, 20_000],
  noDelay: [false, false],
  allowTruncation: [true, true],
  authCertificate: [hook(), hook()],
  badCert: [hook(), hook()],
  getClientAuthData: [hook(), hook()],
  getExternalPsk: [hook(), hook()],
  clientHelloCallback: [hook(), hook()],
  helloRetryRequestCallback: [hook(), hook()],
  sniSocketConfig: [hook(), hook()],
  nextProtoCallback: [hook(), hook()],
  handshakeCallback: [hook(), hook()],
  alertSentCallback: [hook(), hook()],
  alertReceivedCallback: [hook(), hook()],
  resumptionTokenCallback: [hook(), hook()],
  keyLog: [hook(), hook()],
  resumptionToken: [null, null],
  context: [new NssContext({ trustAnchors: [] }), new NssContext({ trustAnchors: [] })],
};

type Setters = readonly ("socket" | "model")[];

/** Who has set something: the socket or its listener, the configuration that it is given, both. */
const SETTERS: readonly Setters[] = [["socket"], ["model"], ["socket", "model"]];

/** What a setting must be then, besides what it is from the start. */
function expected<N extends SettingName>(name: N, setters: Setters): Settings[N] | undefined {
  const [own, given] = SAMPLES[name];
  const takes = setters.includes("model") && SETTINGS[name].owner !== "socket";
  if (takes) return given;
  return setters.includes("socket") ? own : undefined;
}

/** Sets one setting, as any of the functions for it does. */
function set(target: SslSocket | SslModel, name: SettingName, value: unknown): void {
  change(configOf(target), { [name]: value });
}

for (const name of SETTING_NAMES) {
  Deno.test(`reconfigFD() gives a socket the model's ${name} where it is set there and not the socket's own`, () => {
    for (const setters of SETTERS) {
      const socket = importFD(memoryPair()[0]);
      const model = newModel();
      const before = configOf(socket)[name];
      if (setters.includes("socket")) set(socket, name, SAMPLES[name][0]);
      if (setters.includes("model")) set(model, name, SAMPLES[name][1]);
      reconfigFD(model, socket);
      const wanted = expected(name, setters);
      assertStrictEquals(
        configOf(socket)[name],
        wanted === undefined ? before : wanted,
        `${setters}`,
      );
      socket[Symbol.dispose]();
    }
  });
}

/** A handshake in which a server's name hook answers; how it ends does not matter here. */
async function named(
  answer: SniSocketConfig | undefined,
  prepare: (server: SslSocket) => void,
): Promise<Joined> {
  const joined = join({ server: { sniSocketConfig: () => answer } });
  prepare(joined.server);
  await Promise.allSettled([joined.client.handshake(), joined.server.handshake()]);
  return joined;
}

/**
 * Those of the table that a hook can choose, or whose own value must survive it: all but what tells
 * that there is a hook.
 */
const AROUND_HOOK = SETTING_NAMES.filter((name) =>
  !["role", "context", "sniSocketConfig", "alpn"].includes(name)
);

for (const name of AROUND_HOOK) {
  Deno.test(`sniSocketConfigHook() that returns a model: ${name} is the model's where it is set there, else the socket's own`, async () => {
    for (const setters of SETTERS) {
      const model = newModel();
      if (setters.includes("model")) set(model, name, SAMPLES[name][1]);
      await using joined = await named({ model }, (server) => {
        if (setters.includes("socket")) set(server, name, SAMPLES[name][0]);
      });
      const wanted = expected(name, setters);
      if (wanted !== undefined) {
        assertEquals(configOf(joined.server)[name], wanted, `${setters}`);
      }
    }
  });
}

/** What a hook may return besides a model and a policy, which set several. */
const NAMED_OPTIONS: Required<Omit<SniSocketConfig, "model" | "policy">> = {
  certificates: [PKI.otherServer.credential],
  caCerts: [PKI.root.cert],
  rawPublicKeys: { accept: PINS, orCertificate: true },
  clientAuth: "require",
  externalPsks: [PSK],
  pskKeyExchangeModes: ["psk_ke"],
  pskIdentityHint: "b",
  getExternalPsk: hook(),
  versions: { min: "TLSv1.2", max: "TLSv1.2" },
  cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_AES_256_GCM_SHA384"],
  groups: ["secp384r1"],
  signatureSchemes: ["ecdsa_secp256r1_sha256"],
  pkcs1ClientAuth: true,
  sessionTickets: false,
  sessionIdContext: "b",
  alpnProtocols: ["b"],
  nextProtoCallback: hook(),
  authCertificate: hook(),
  badCert: hook(),
};

Deno.test("sniSocketConfigHook() may name all that decides what a server negotiates, and whom it trusts", () => {
  const options = SETTING_NAMES.map((name) => SETTINGS[name])
    .filter(({ owner, role, sessions }) =>
      owner !== "socket" && role !== "client" && sessions !== "none"
    )
    .map(({ option }) => option)
    .filter((option) => option !== null && option !== "sniSocketConfig");
  const named = Object.keys(NAMED_OPTIONS);
  assertEquals([...new Set(options)].filter((option) => !named.includes(option)), []);
});

Deno.test("sniSocketConfigHook() that returns options: each takes the place of the socket's own, and nothing else is touched", async () => {
  for (const option of Object.keys(NAMED_OPTIONS) as (keyof typeof NAMED_OPTIONS)[]) {
    const answer = { [option]: NAMED_OPTIONS[option] };
    const taken = resolveConfig(answer as ImportOptions);
    await using joined = await named(answer, (server) => {
      for (const name of AROUND_HOOK) {
        // What would end the handshake before the hook is asked
        if (["maxVersion", "clientHelloCallback", "keyShares"].includes(name)) continue;
        if (name === "policyPreset" || name === "extendedMasterSecret") continue;
        set(server, name, SAMPLES[name][0]);
      }
    });
    for (const name of AROUND_HOOK) {
      if (name === "requireCertificate") continue; // it says what clientAuth does, in NSS's words
      if (SETTINGS[name].option === option) {
        assertEquals(configOf(joined.server)[name], taken[name], `${option}: ${name}`);
      } else if (configOf(joined.server).chosen.has(name)) {
        assertEquals(configOf(joined.server)[name], SAMPLES[name][0], `${option}: ${name}`);
      }
    }
  }
});

Deno.test("sniSocketConfigHook() may name nothing that makes a socket the one that it is", async () => {
  for (const answer of [{ role: "client" }, { hostname: "a.test" }, { signal: undefined }]) {
    await using joined = join({ server: { sniSocketConfig: () => answer as SniSocketConfig } });
    const [, outcome] = await Promise.allSettled([
      joined.client.handshake(),
      joined.server.handshake(),
    ]);
    assertEquals((outcome as PromiseRejectedResult).reason.name, "SEC_ERROR_INVALID_ARGS");
  }
});

for (const way of ["reconfigFD(model, socket)", "{ model }"] as const) {
  Deno.test(`a server that refuses every client still does when its name hook uses ${way}`, async () => {
    const model = newModel({ role: "server", certificates: [PKI.otherServer.credential] });
    const logged: string[] = [];
    await using joined = join({
      client: { hostname: "other.test", certificates: [PKI.client.credential] },
      server: {
        clientAuth: "require",
        authCertificate: () => false,
        keyLog: (line) => void logged.push(line),
        allowTruncation: true,
        sniSocketConfig: (socket) => {
          if (way === "{ model }") return { model };
          reconfigFD(model, socket);
          return undefined;
        },
      },
    });
    const results = await Promise.allSettled([
      joined.client.handshake(),
      joined.server.handshake(),
    ]);
    assertEquals((results[1] as PromiseRejectedResult).reason.name, "SSL_ERROR_BAD_CERTIFICATE");
    assertEquals(configOf(joined.server).allowTruncation, true);
    assertEquals(logged.length > 0, true);
  });
}

Deno.test("importFD() refuses an option that there is not, and names the nearest", () => {
  const nearest: Record<string, string | undefined> = {
    clientauth: "clientAuth",
    caCert: "caCerts",
    alpn: "alpnProtocols",
    certificate: "certificates",
    password: undefined,
    cipher: "cipherSuites",
    verify: undefined,
    timeout: undefined,
  };
  for (const [name, other] of Object.entries(nearest)) {
    const options = { [name]: "x" } as ImportOptions;
    const error = assertThrows(() => importFD(memoryPair()[0], options), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
    const [message] = error.message.split("\n");
    assertEquals(
      message,
      `Cannot use options: there is no option ${name}${other ? `; did you mean ${other}?` : ""}`,
    );
  }
});

Deno.test("importFD() takes an option only from the object itself, and undefined for none", () => {
  const [conn] = memoryPair();
  Object.defineProperty(Object.prototype, "allowTruncation", { value: true, configurable: true });
  try {
    const socket = importFD(conn, { noDelay: undefined } as unknown as ImportOptions);
    const { allowTruncation, noDelay } = configOf(socket);
    assertEquals([allowTruncation, noDelay], [false, true]);
    socket[Symbol.dispose]();
  } finally {
    delete (Object.prototype as { allowTruncation?: unknown }).allowTruncation;
  }
  class Options {
    clientAuth = "require" as const;
  }
  for (const options of [new Options(), [], "x", Object.create({ role: "server" })]) {
    const error = assertThrows(() => importFD(conn, options as ImportOptions), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("importFD() refuses values that an option has not, whichever option", () => {
  for (const name of SETTING_NAMES) {
    const { option, take } = SETTINGS[name];
    if (option === null || take === null) continue;
    for (const value of [null, Symbol("x"), 1n, Promise.resolve()]) {
      const options = { [option]: value } as ImportOptions;
      const error = assertThrows(() => importFD(memoryPair()[0], options));
      assertEquals(
        (error as SslError).name,
        "SEC_ERROR_INVALID_ARGS",
        `${option}: ${String(value)}`,
      );
    }
  }
});

Deno.test("importFD() with an option of the other end's fails when the handshake starts, unless the role changes before", async () => {
  const certificates = [PKI.server.credential];
  for (
    const [options, message] of [
      [{ role: "server", certificates, hostname: "a.test" }, "option hostname is a client's"],
      [{ role: "server", certificates, ocspStapling: true }, "option ocspStapling is a client's"],
      [{ hostname: "a.test", clientAuth: "require" }, "option clientAuth is a server's"],
      [{ hostname: "a.test", sniSocketConfig: hook() }, "option sniSocketConfig is a server's"],
    ] as const
  ) {
    const socket = importFD(memoryPair()[0], options);
    const error = await assertRejects(() => socket.handshake(), SslError, message);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
  for (
    const options of [{ clientAuth: "none" }, {
      model: newModel({ clientAuth: "require" }),
    }] as const
  ) {
    await using joined = join({ client: options });
    await shake(joined);
  }
  const [a, b] = memoryPair();
  const server = importFD(a, { clientAuth: "require", certificates, caCerts: [PKI.root.cert] });
  const client = importFD(b, {
    ...{ role: "server", caCerts: [PKI.root.cert], certificates: [PKI.client.credential] },
    hostname: HOSTNAME,
  });
  resetHandshake(server, true);
  resetHandshake(client, false);
  await Promise.all([server.handshake(), client.handshake()]);
  await closeAll(server, client);
});

Deno.test("importFD() with undefined for an option of the other end's has not been given it", async () => {
  const model = newModel({ clientAuth: "require" });
  const options = { model, clientAuth: undefined } as unknown as ImportOptions;
  const socket = importFD(memoryPair()[0], options);
  const error = await assertRejects(() => socket.handshake(), SslError);
  assertEquals(error.name, "SSL_ERROR_BAD_CERT_DOMAIN"); // it has no host name, and that is all
});

Deno.test("importFD() of a listener refuses an option of a client's at once", () => {
  const listener = { accept: () => Promise.reject(new Error()), close: () => {}, addr: null };
  assertThrows(
    () => importFD(listener, { hostname: "a.test" }),
    SslError,
    "hostname is a client's",
  );
});
