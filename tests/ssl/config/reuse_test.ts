// Copyright 2026 the NSS for Deno authors. MIT license.

// Options are resolved again only as far as they have changed since the last time: each option of
// the table, given twice, and then changed in place.

import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import {
  type CertificateOptions,
  type ImportOptions,
  newModel,
  optionSet,
  optionSetDefault,
  setNextProtoNego,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { configOf } from "../../../ssl/config/config_registry.ts";
import { MAX_KEPT_INPUTS, MAX_KEPT_LENGTH, reusing } from "../../../ssl/config/option_values.ts";
import { OPTION_NAMES, resolveConfig } from "../../../ssl/config/resolve_config.ts";
import { SETTING_NAMES } from "../../../ssl/config/settings.ts";
import { encodeEchConfigList, generateEchKeys } from "../../../ssl/nss/ech.ts";
import { PKI } from "../_support.ts";

type Option = keyof ImportOptions;

/** Options as an application writes them, and how it changes them in place. */
interface Sample {
  readonly options: ImportOptions;
  readonly change: (options: ImportOptions) => void;
}

/** Replaces the value of an option in the same object. */
function replaced<O extends Option>(option: O, first: ImportOptions[O], next: ImportOptions[O]) {
  return [{
    options: { [option]: first },
    change: (options: ImportOptions) => void (options[option] = next),
  }];
}

/** Changes an element of an array in place. */
function element<O extends Option, T>(option: O, list: readonly T[], next: T): Sample {
  const own = [...list];
  return { options: { [option]: own }, change: () => void (own[own.length - 1] = next) };
}

/** Overwrites bytes in place; PEM may have lines after its end. */
function overwritten(first: string, next: string): [Uint8Array, () => void] {
  const length = Math.max(first.length, next.length) + 1;
  const bytes = new TextEncoder().encode(first.padEnd(length, "\n"));
  return [bytes, () => void bytes.set(new TextEncoder().encode(next.padEnd(length, "\n")))];
}

function externalPskSamples(): Sample[] {
  const psk = (identity = "a") => ({
    identity,
    key: new Uint8Array(16),
    importer: { context: "" },
  });
  const [bytes, text, context] = [psk(), psk(), psk()];
  return [
    element("externalPsks", [psk()], psk("b")),
    { options: { externalPsks: [bytes] }, change: () => void (bytes.key[0] = 1) },
    { options: { externalPsks: [text] }, change: () => void (text.identity = "b") },
    { options: { externalPsks: [context] }, change: () => void (context.importer.context = "b") },
  ];
}

function caCertSamples(): Sample[] {
  const [a, b] = [PKI.root.cert, PKI.otherRoot.cert];
  const [bytes, overwrite] = overwritten(a.toPem(), b.toPem());
  const inner = [a];
  return [
    element("caCerts", [a], b),
    element("caCerts", [a.toPem()], b.toPem()),
    { options: { caCerts: [bytes] }, change: overwrite },
    { options: { caCerts: [inner] }, change: () => void (inner[0] = b) },
  ];
}

/** Another certificate, with its key, for each way in which an application may give them. */
function certificateSamples(): Sample[] {
  const { credential: first, cert: a } = PKI.server;
  const { credential: next, cert: b } = PKI.otherServer;
  const changed = (own: CertificateOptions, change: () => void): Sample => ({
    options: { certificates: [own] },
    change,
  });
  const object: CertificateOptions = { ...first };
  const chained: CertificateOptions = { ...first, chain: [] };
  const [bytes, overwrite] = overwritten(a.toPem(), b.toPem());
  const inBytes: CertificateOptions = { cert: bytes, key: first.key };
  const inArray: CertificateOptions = { cert: [a], key: first.key };
  const staple = new Uint8Array(9);
  const stapled: CertificateOptions = { ...first, ocsp: staple };
  return [
    element("certificates", [first], next),
    changed(object, () => void Object.assign(object, next)),
    changed(chained, () => void Object.assign(chained, { chain: [PKI.root.cert] })),
    changed(inBytes, () => {
      overwrite();
      inBytes.key = next.key;
    }),
    changed(inArray, () => {
      Object.assign(inArray.cert, [b]);
      inArray.key = next.key;
    }),
    changed(stapled, () => void staple.fill(1)),
  ];
}

function modelSample(): Sample[] {
  const model = newModel({ alpnProtocols: ["a"] });
  return [{ options: { model }, change: () => setNextProtoNego(model, ["b"]) }];
}

const ECH_KEYS = [
  await generateEchKeys({ publicName: "a.test" }),
  await generateEchKeys({ publicName: "b.test" }),
] as const;

function echConfigListSamples(): Sample[] {
  const [a, b] = ECH_KEYS.map((key) => encodeEchConfigList([key]));
  const bytes = a!.slice();
  return [
    ...replaced("echConfigList", a!, b!),
    { options: { echConfigList: bytes }, change: () => void bytes.set(b!) },
  ];
}

const noop = () => undefined as never;
const other = () => undefined as never;

const PINS = ["A", "B"].map((letter) => `${letter.repeat(43)}=`);

/** The options that are settings, each with all ways to change it. */
const SAMPLES: Readonly<Record<Exclude<Option, "head" | "signal">, () => readonly Sample[]>> = {
  role: () => replaced("role", "client", "server"),
  hostname: () => replaced("hostname", "a.test", "b.test"),
  caCerts: caCertSamples,
  certificates: certificateSamples,
  rawPublicKeys: () => {
    const accept = [PINS[0]!];
    return [
      ...replaced("rawPublicKeys", { accept }, { accept: [PINS[1]!] }),
      { options: { rawPublicKeys: { accept } }, change: () => void (accept[0] = PINS[1]!) },
    ];
  },
  clientAuth: () => replaced("clientAuth", "request", "require"),
  externalPsks: externalPskSamples,
  pskKeyExchangeModes: () => [element("pskKeyExchangeModes", ["psk_dhe_ke"], "psk_ke")],
  certificateFallback: () => replaced("certificateFallback", false, true),
  pskIdentityHint: () => replaced("pskIdentityHint", "a", "b"),
  getExternalPsk: () => replaced("getExternalPsk", noop, other),
  alpnProtocols: () => [element("alpnProtocols", ["a", "b"], "c")],
  versions: () => [{
    options: { versions: { min: "TLSv1.2" } },
    change: ({ versions }) => void Object.assign(versions!, { min: "TLSv1.3", max: "TLSv1.3" }),
  }, ...replaced("versions", { max: "TLSv1.2" }, { max: "TLSv1.3" })],
  cipherSuites: () => [
    element("cipherSuites", ["TLS_AES_128_GCM_SHA256"], "TLS_AES_256_GCM_SHA384"),
  ],
  groups: () => [element("groups", ["secp256r1", "x25519"], "secp384r1")],
  keyShares: () => [element("keyShares", ["x25519"], "secp256r1")],
  signatureSchemes: () => [
    element("signatureSchemes", ["ed25519", "ecdsa_secp256r1_sha256"], "ecdsa_secp384r1_sha384"),
  ],
  ocspStapling: () => replaced("ocspStapling", false, true),
  pkcs1ClientAuth: () => replaced("pkcs1ClientAuth", false, true),
  signedCertTimestamps: () => replaced("signedCertTimestamps", false, true),
  maxEarlyData: () => replaced("maxEarlyData", 1, 2),
  halfRttData: () => replaced("halfRttData", false, true),
  echConfigList: echConfigListSamples,
  echGrease: () => replaced("echGrease", false, true),
  echKeys: () => {
    const config = ECH_KEYS[0].config.slice();
    const own = { ...ECH_KEYS[0], config };
    return [
      element("echKeys", [ECH_KEYS[0]], ECH_KEYS[1]),
      { options: { echKeys: [own] }, change: () => void config.fill(1) },
    ];
  },
  sessionTickets: () => replaced("sessionTickets", true, false),
  peerId: () => replaced("peerId", "a", "b"),
  sessionIdContext: () => replaced("sessionIdContext", "a", "b"),
  policy: () => replaced("policy", "modern", "compatible"),
  handshakeTimeout: () => replaced("handshakeTimeout", 1, 2),
  closeTimeout: () => replaced("closeTimeout", 1, 2),
  noDelay: () => replaced("noDelay", true, false),
  allowTruncation: () => replaced("allowTruncation", true, false),
  model: modelSample,
  context: () => replaced("context", new NssContext(), new NssContext()),
  authCertificate: () => replaced("authCertificate", noop, other),
  badCert: () => replaced("badCert", noop, other),
  getClientAuthData: () => replaced("getClientAuthData", noop, other),
  clientHelloCallback: () => replaced("clientHelloCallback", noop, other),
  helloRetryRequestCallback: () => replaced("helloRetryRequestCallback", noop, other),
  sniSocketConfig: () => replaced("sniSocketConfig", noop, other),
  nextProtoCallback: () => replaced("nextProtoCallback", noop, other),
  handshakeCallback: () => replaced("handshakeCallback", noop, other),
  alertSentCallback: () => replaced("alertSentCallback", noop, other),
  alertReceivedCallback: () => replaced("alertReceivedCallback", noop, other),
  resumptionTokenCallback: () => replaced("resumptionTokenCallback", noop, other),
  keyLog: () => replaced("keyLog", noop, other),
};

Deno.test("SAMPLES has every option that is a setting", () => {
  const settings = OPTION_NAMES.filter((option) => option !== "head" && option !== "signal");
  assertEquals(Object.keys(SAMPLES).toSorted(), settings.toSorted());
});

for (const [option, samples] of Object.entries(SAMPLES)) {
  Deno.test(`importFD() converts ${option} once while it is the same, and sees it changed in place`, () => {
    for (const { options, change } of samples()) {
      const first = configOf(newModel(options));
      const copy = { ...options };
      for (const again of [options, copy]) {
        const second = configOf(newModel(again));
        for (const name of SETTING_NAMES) {
          const [a, b] = [first[name], second[name]];
          // Credentials of an array are in an array of each socket's, which setters may extend
          if (name === "credentials") [...first[name]].forEach((a, i) => same(a, second[name][i]));
          else same(a, b);
        }
      }
      change(options);
      const third = configOf(newModel(options));
      const changed = SETTING_NAMES.filter((name) =>
        name === "credentials"
          ? first[name].some((each, i) => each !== third[name][i])
          : first[name] !== third[name]
      );
      assert(changed.length > 0, `${option} changed in place has no effect`);
    }
  });
}

function same(a: unknown, b: unknown): void {
  if (typeof a === "object" && a !== null) assertStrictEquals(a, b);
  else assertEquals(a, b);
}

Deno.test("importFD() refuses an option that became invalid or unknown in place", () => {
  const options: ImportOptions = { alpnProtocols: ["a"] };
  newModel(options);
  Object.assign(options.alpnProtocols!, [""]);
  let message = "";
  try {
    newModel(options);
  } catch (error) {
    message = String(error);
  }
  assert(message.includes("is not 1 to 255 bytes long"), message);
});

Deno.test("a listener's and a model's settings do not follow the options they were made of", () => {
  const alpnProtocols = ["a"];
  const config = configOf(newModel({ alpnProtocols }));
  alpnProtocols[0] = "b";
  assertEquals(config.alpnProtocols, ["a"]);
});

Deno.test("importFD() sees a default that is changed between two calls with the same options", () => {
  const context = new NssContext();
  const options = { context, hostname: "a.test" };
  const first = resolveConfig(options);
  optionSetDefault("NO_CACHE", true, { context });
  assert(!first.noCache && resolveConfig(options).noCache);
});

Deno.test("importFD() sees a getter's and a proxy's new values", () => {
  let name = "a";
  const getter = {
    get alpnProtocols() {
      return [name];
    },
  };
  const list = new Proxy(["x"], {
    get: (target, key) => key === "0" ? name : Reflect.get(target, key),
  });
  for (const options of [getter, { alpnProtocols: list }]) {
    name = "a";
    assertEquals(configOf(newModel(options)).alpnProtocols, ["a"]);
    name = "b";
    assertEquals(configOf(newModel(options)).alpnProtocols, ["b"]);
  }
});

Deno.test("a socket's setters leave the settings of others that were given the same options", () => {
  const options: ImportOptions = { alpnProtocols: ["a"] };
  const [a, b] = [newModel(options), newModel(options)];
  setNextProtoNego(a, ["c"]);
  optionSet(a, "NO_CACHE", true);
  assertEquals(configOf(b).alpnProtocols, ["a"]);
  assert(!configOf(b).noCache);
});

/** Returns a conversion that counts, of lists of texts. */
function counting() {
  let count = 0;
  const take = reusing((value) => (count++, [value]));
  return { take, of: (...list: string[]) => take(list, "x"), count: () => count };
}

Deno.test("reusing() keeps MAX_KEPT_INPUTS inputs, and drops the least recently used", () => {
  const { of, count } = counting();
  for (let i = 0; i < MAX_KEPT_INPUTS; i++) of(String(i));
  for (let i = 0; i < MAX_KEPT_INPUTS; i++) of(String(i));
  assertEquals(count(), MAX_KEPT_INPUTS);
  of("0");
  of("one more"); // in place of 1
  of("0");
  assertEquals(count(), MAX_KEPT_INPUTS + 1);
  of("1");
  assertEquals(count(), MAX_KEPT_INPUTS + 2);
});

Deno.test("reusing() keeps inputs of MAX_KEPT_LENGTH in all, and none that is longer", () => {
  const { of, count } = counting();
  const most = "x".repeat(MAX_KEPT_LENGTH - 1);
  of("a");
  of(most);
  of("a");
  of(most);
  assertEquals(count(), 2);
  of(`${most}yy`);
  of(`${most}yy`);
  assertEquals(count(), 4);
  of(`${most}z`); // exactly as long as the bound, so that nothing is kept beside it
  of(`${most}z`);
  assertEquals(count(), 5);
  of("a");
  assertEquals(count(), 6);
});

Deno.test("reusing() keeps no input that is refused", () => {
  let count = 0;
  const take = reusing(() => {
    if (++count < 3) throw new Error("refused");
    return 0;
  });
  for (let i = 0; i < 2; i++) {
    try {
      take(["a"], "x");
    } catch { /* counted */ }
  }
  assertEquals([take(["a"], "x"), take(["a"], "x"), count], [0, 0, 3]);
});

Deno.test("a credential of other options is another one, though they are the same", () => {
  const { credential } = PKI.server;
  const [a, b] = [1, 2].map(() => configOf(newModel({ certificates: [{ ...credential }] })));
  assertNotStrictEquals(a!.credentials[0], b!.credentials[0]); // no secret is kept by its value
});
