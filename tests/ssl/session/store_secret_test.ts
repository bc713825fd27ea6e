// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the secret of a store is derived from, and that nothing else gives it away. @module */

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import type { PrivateKey } from "../../../cert/certificate/private_key.ts";
import { NssContext } from "../../../pkcs11/context/context.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import type { SessionStore } from "../../../ssl/base/session_store.ts";
import type { StoreSecret } from "../../../ssl/base/store_secret.ts";
import { configMPServerSIDCache } from "../../../ssl/nss/config_mp_server_sid_cache.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { deriveStoreSecret, SIGNED_TEXT } from "../../../ssl/session/store_secret.ts";
import { countSubtleCalls } from "../handshake/subtle.ts";
import { PKI, session, TestEnvironment } from "../_support.ts";
import { Process, World } from "./_processes.ts";

const ATTEMPT = "Cannot configure session cache";
const newContext = () => new NssContext({ trustAnchors: [] });
const derive = async (secret: StoreSecret, store: SessionStore = new MemorySessionStore()) =>
  (await deriveStoreSecret(secret, store, ATTEMPT)).bytes.toHex();

/** Whether a session of one server is resumed by another, with these secrets in one store. */
async function share(one: StoreSecret, two: StoreSecret): Promise<boolean> {
  const store = new MemorySessionStore();
  const [client, ...servers] = Array.from({ length: 3 }, newContext);
  const resumed: boolean[] = [];
  for (const [i, secret] of [one, two].entries()) {
    await configMPServerSIDCache({ store, secret, context: servers[i]! });
    const [info] = await session({
      client: { context: client! },
      server: { context: servers[i]! },
    });
    resumed.push(info.resumed);
  }
  return resumed[1]!;
}

Deno.test("configMPServerSIDCache(): processes with the same bytes, password or key share sessions, others do not", async () => {
  const [ed25519, rsa, other] = await Promise.all(
    (["ed25519", "rsa-2048", "ed25519"] as const).map((type) => generateKeyPair(type)),
  );
  const bytes = (n: number) => new Uint8Array(32).fill(n);
  const rows: readonly [StoreSecret, StoreSecret, boolean][] = [
    [bytes(1), bytes(1), true],
    [bytes(1), bytes(2), false],
    [{ password: "a" }, { password: "a" }, true],
    [{ password: "a" }, { password: "b" }, false],
    [ed25519!.privateKey, ed25519!.privateKey, true],
    [rsa!.privateKey, rsa!.privateKey, true],
    [ed25519!.privateKey, other!.privateKey, false],
  ];
  for (const [one, two, isShared] of rows) assertEquals(await share(one, two), isShared);
});

Deno.test("configMPServerSIDCache() says what a secret has to be", async () => {
  const pair = await generateKeyPair();
  const rows: readonly [unknown, RegExp][] = [
    [new Uint8Array(31), /secret has 31 bytes, not 32$/],
    [new Uint8Array(33), /secret has 33 bytes, not 32$/],
    ["password", /secret is a string, .*; a password is \{ password \}$/],
    [{ password: "" }, /secret\.password is empty$/],
    [{ password: 7 }, /secret\.password is a number, not a string$/],
    [{}, /secret is an object, not a PrivateKey/],
    [pair, /secret is a key pair; did you mean its privateKey\?$/],
    [null, /secret is null/],
  ];
  for (const [secret, message] of rows) {
    const options = { store: new MemorySessionStore(), context: newContext(), secret };
    const error = await assertRejects(
      () => configMPServerSIDCache(options as Parameters<typeof configMPServerSIDCache>[0]),
      SslError,
    );
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
    assertMatch(error.message, message);
  }
});

Deno.test("A password is derived once per process, under one salt of the store also where many start at once", async () => {
  const store = new MemorySessionStore();
  const secrets: string[] = [];
  const counted = await countSubtleCalls(async () => {
    secrets.push(...await Promise.all([1, 2, 3, 4].map(() => derive({ password: "x" }, store))));
  });
  assertEquals([new Set(secrets).size, counted.deriveBits], [1, 4]);
  assertNotEquals(await derive({ password: "x" }), secrets[0]); // another store
  const context = newContext();
  await configMPServerSIDCache({ store, secret: { password: "x" }, context });
  const handshakes = await countSubtleCalls(async () => {
    for (let i = 0; i < 2; i++) {
      await session({ client: { context: newContext() }, server: { context } });
    }
  });
  assert((handshakes.deriveBits ?? 0) < 60, `${handshakes.deriveBits}`); // no PBKDF2 among them
});

Deno.test("A password's salt that the store has lost is put back by the processes that use it", async () => {
  const world = new World();
  const limits = { lifetime: 60, rotation: 30 };
  const { handle: store } = new Process(world, limits);
  const { bytes, restore } = await deriveStoreSecret({ password: "x" }, store, ATTEMPT);
  const process = new Process(world, limits, 0, {}, restore);
  await process.seal();
  world.loseRows();
  world.now += 60_000;
  await process.seal();
  await process.settle();
  assertEquals(await derive({ password: "x" }, store), bytes.toHex());
});

Deno.test("A store that does not give the salt is an error that says so", async () => {
  const fail = () => Promise.reject(new Error("down"));
  const row = (value: unknown) => () => value as never;
  const rows: readonly Partial<SessionStore>[] = [
    { get: fail },
    { get: row("text") },
    { get: row(new Uint8Array(15)) },
    { get: row(new Uint8Array(17)) },
    { replace: fail },
    { replace: row("true") },
    { get: () => new Promise(() => {}) },
  ];
  for (const faults of rows) {
    const store = Object.assign(new MemorySessionStore(), faults);
    const error = await assertRejects(
      () => deriveStoreSecret({ password: "x" }, store, ATTEMPT, 20),
      SslError,
    );
    assertEquals(error.name, "SEC_ERROR_IO");
    assertMatch(error.message, /^Cannot configure session cache: the store does not give the salt/);
    assert(error.cause instanceof Error);
  }
});

Deno.test("A key whose signatures are random is refused, and the message says what to do", async () => {
  const refused = async (key: PrivateKey, why: RegExp) => {
    const error = await assertRejects(() => derive(key), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
    assertMatch(error.message, why);
    assertMatch(
      error.message,
      /; give a key of Ed25519, or of RSA that signs with PKCS #1, a pass/,
    );
  };
  for (const type of ["ec-p256", "ec-p384", "ec-p521", "mldsa44", "rsa-pss-2048"] as const) {
    const { privateKey } = await generateKeyPair(type);
    await refused(privateKey, /is of type [-a-z0-9]+, whose signatures are random/);
  }
  for (const type of ["ed25519", "rsa-2048"] as const) {
    const { privateKey } = await generateKeyPair(type);
    assertEquals(await derive(privateKey), await derive(privateKey));
  }
  // A token may lack schemes, or be wrong; its own errors are shown as they are
  const { privateKey } = await generateKeyPair("rsa-2048");
  const { algorithm } = privateKey;
  const only = (schemes: PrivateKey["schemes"]): PrivateKey => ({
    algorithm,
    ...schemes && { schemes },
    sign: (scheme, data) => privateKey.sign(scheme, data),
  });
  assert(await derive(only(["rsa_pkcs1_sha384"])));
  await refused(only(["rsa_pss_rsae_sha256"]), /of type rsa, whose signatures are random/);
  const wrong = {
    algorithm,
    sign: () => Promise.resolve(crypto.getRandomValues(new Uint8Array(9))),
  };
  await refused(wrong, /signs one text with two results/);
  const gone = { algorithm, sign: () => Promise.reject(new Error("the token is gone")) };
  await assertRejects(() => derive(gone), Error, "the token is gone");
});

/** Both randoms are what is worst: as the text that is signed for a secret. */
class HostileEnvironment extends TestEnvironment {
  readonly #random: Uint8Array<ArrayBuffer>;

  constructor(random: Uint8Array<ArrayBuffer>) {
    super();
    this.#random = random;
  }

  override random(length: number): Uint8Array<ArrayBuffer> {
    return length === 32 ? this.#random.slice() : super.random(length);
  }
}

Deno.test("Nothing that a server or a client signs in TLS 1.2 or 1.3 is the text that is signed for a secret, also where randoms are chosen to make it so", async () => {
  const signed: Uint8Array[] = [];
  const recording = (key: PrivateKey): PrivateKey => ({
    algorithm: key.algorithm,
    sign: (scheme, data) => {
      signed.push(data.slice());
      return key.sign(scheme, data);
    },
  });
  const recorded = (
    { cert, keys }: typeof PKI.server,
  ) => [{ cert, key: recording(keys.privateKey) }];
  const starts: string[] = [];
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const versions = { min: version, max: version };
    signed.length = 0;
    await session({
      client: { versions, certificates: recorded(PKI.client) },
      server: {
        versions,
        certificates: recorded(PKI.server),
        clientAuth: "require",
        caCerts: [PKI.root.cert],
      },
      clientInternals: { environment: new HostileEnvironment(SIGNED_TEXT.slice(0, 32)) },
      serverInternals: { environment: new HostileEnvironment(SIGNED_TEXT.slice(32, 64)) },
    });
    assertEquals(signed.length, 2, version);
    for (const data of signed) {
      const same = data.findIndex((byte, i) => byte !== SIGNED_TEXT[i]);
      starts.push(`${version} ${same} ${data[same]}`);
    }
  }
  // ServerKeyExchange: the type of curve; the client's CertificateVerify: the type of a message;
  // TLS 1.3: spaces
  assertEquals(starts.toSorted(), ["TLSv1.2 0 1", "TLSv1.2 64 3", "TLSv1.3 0 32", "TLSv1.3 0 32"]);
  for (const byte of SIGNED_TEXT) assert(byte >= 0x20 && byte < 0x7f);
  assert(SIGNED_TEXT[0] !== 0x20 && SIGNED_TEXT[0] !== 0x30 && SIGNED_TEXT.length > 64);
});
