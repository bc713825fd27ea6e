// Copyright 2026 the NSS for Deno authors. MIT license.

import { concat, copyBytes } from "../../cert/base/bytes.ts";
import {
  hasMembers,
  isArrayOf,
  isBoolean,
  isBytes,
  isBytesOrText,
  isEither,
  isInstance,
  isInteger,
  isOneOf,
  isString,
  orNull,
  required,
  type Shape,
} from "../../cert/base/options.ts";
import { decodeOnePemOrDer, type PemKind } from "../../cert/der/pem.ts";
import { EchRejectedError } from "../base/ech_error.ts";
import { SslError } from "../base/errors.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { change } from "../config/config.ts";
import { configBeforeStart, configToChange } from "../config/config_registry.ts";
import type { EchKey } from "../config/ech_key.ts";
import {
  requireSslArgs,
  takeEchConfigList,
  takeEchKeys,
  takeSslOptions,
} from "../config/option_values.ts";
import { connectionOf } from "../connection/connection_registry.ts";
import {
  generateHpkeKeyPair,
  HpkeError,
  type HpkeKeyPair,
  importHpkePrivateKey,
  isHpkeSuiteAvailable,
  setupHpkeReceiver,
  setupHpkeSender,
} from "../crypto/hpke.ts";
import { encodeEchConfig, joinEchConfigs } from "../extensions/ech_config_list.ts";
import {
  DEFAULT_MAXIMUM_NAME_LENGTH,
  isPublicName,
  readEchKey,
  readOwnConfig,
  usableEchConfigs,
} from "../handshake/ech_configs.ts";
import type { Configurable } from "./configurable.ts";

/** The key encapsulation mechanisms of Encrypted Client Hello, by their curves. */
const ECH_KEMS = { X25519: 0x0020, "P-256": 0x0010, "P-384": 0x0011, "P-521": 0x0012 } as const;

/**
 * The options of {@linkcode generateEchKeys}.
 *
 * @category Options
 */
export interface EchKeyOptions {
  /**
   * The name that others see in place of the hidden ones: a DNS name, for which the server has a
   * certificate. The more hosts share it, the less it says.
   */
  readonly publicName: string;
  /** The identifier of the key, from 0 to 255; random by default. */
  readonly configId?: number;
  /**
   * The length in characters of the longest host name of the server, up to which clients pad;
   * default 64.
   */
  readonly maximumNameLength?: number;
  /** The curve of the key; default `"X25519"`, which every client has. */
  readonly curve?: "X25519" | "P-256" | "P-384" | "P-521";
  /** Whether the private key can be exported, to keep it or share it; default `false`. */
  readonly extractable?: boolean;
}

const KEY_SHAPE: Shape<EchKeyOptions> = {
  publicName: required(isString),
  configId: isInteger(0, 255),
  maximumNameLength: isInteger(0, 255),
  curve: isOneOf(Object.keys(ECH_KEMS)),
  extractable: isBoolean,
};

/**
 * Generates a server's key of Encrypted Client Hello with its configuration (RFC 9849, Section 4).
 *
 * @param options The public name, and what else the configuration says.
 * @returns The key, for the option `echKeys`; {@linkcode encodeEchConfigList} makes of it what is
 * published in DNS.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if the public name is no DNS name.
 *
 * @example A server whose clients hide the host name
 * ```ts
 * import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { encodeEchConfigList, generateEchKeys } from "@nss/nss/ssl";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const dnsNames = ["public.example", "secret.example"];
 * const cert = await createCertificate({ ...keys, dnsNames });
 * const echKey = await generateEchKeys({ publicName: "public.example" });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 *   echKeys: [echKey],
 * });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "secret.example",
 *   caCerts: [cert],
 *   echConfigList: encodeEchConfigList([echKey]),
 * });
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assert(info.echAccepted);
 * assertEquals(info.serverName, "secret.example");
 * ```
 *
 * @category Keys
 */
export async function generateEchKeys(options: EchKeyOptions): Promise<EchKey> {
  const attempt = "Cannot generate key of Encrypted Client Hello";
  const {
    publicName,
    configId = crypto.getRandomValues(new Uint8Array(1))[0]!,
    maximumNameLength = DEFAULT_MAXIMUM_NAME_LENGTH,
    curve = "X25519",
    extractable = false,
  } = takeSslOptions(attempt, options, KEY_SHAPE);
  const name = publicName.toLowerCase();
  requireSslArgs(
    attempt,
    isPublicName(name) ? null : 'publicName must be a DNS name, such as "public.example"',
  );
  const kem = ECH_KEMS[curve];
  const { publicKey, privateKey } = await generateHpkeKeyPair(kem, extractable);
  // RFC 9849, Section 9: every client has the first; the second is for those that refuse AES.
  const cipherSuites = [{ kdf: 0x0001, aead: 0x0001 }, { kdf: 0x0001, aead: 0x0003 }]
    .filter((suite) => isHpkeSuiteAvailable({ kem, ...suite }));
  const contents = { configId, kem, publicKey, cipherSuites, maximumNameLength, publicName: name };
  return { config: encodeEchConfig(contents), privateKey, isRetryConfig: true };
}

/**
 * The options of {@linkcode importEchKey}.
 *
 * @category Options
 */
export interface ImportEchKeyOptions {
  /**
   * Whether clients whose hello cannot be decrypted are sent the configuration; default `true`, and
   * `false` for an old key that is still accepted.
   */
  readonly isRetryConfig?: boolean;
}

const PRIVATE_KEY_PEM: PemKind = {
  attempt: "Cannot import key of Encrypted Client Hello",
  labels: ["PRIVATE KEY"],
  error: "SEC_ERROR_INVALID_KEY",
};

/**
 * Imports a server's key of Encrypted Client Hello, and checks that it belongs to the
 * configuration.
 *
 * @param config The `ECHConfig`, without the length of a list.
 * @param privateKey The private key: PKCS #8 as PEM or DER, or WebCrypto's with the usage
 * `deriveBits`.
 * @param options Whether the configuration is for clients that have to try again.
 * @returns The key, for the option `echKeys`.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if the configuration is malformed or cannot be used,
 * or the key is not that of the configuration.
 * @throws {NssError} `SEC_ERROR_INVALID_KEY` if the key is malformed.
 *
 * @example A key that another process has generated
 * ```ts
 * import { generateEchKeys, importEchKey } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const made = await generateEchKeys({ publicName: "public.example", extractable: true });
 * const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", made.privateKey));
 * const key = await importEchKey(made.config, pkcs8, { isRetryConfig: false });
 * assertEquals(key.config, made.config);
 * ```
 *
 * @category Keys
 */
export async function importEchKey(
  config: Uint8Array,
  privateKey: CryptoKey | Uint8Array | string,
  options: ImportEchKeyOptions = {},
): Promise<EchKey> {
  const { attempt } = PRIVATE_KEY_PEM;
  const isKey = isEither("a CryptoKey, PEM or DER", isInstance(CryptoKey), isBytesOrText);
  requireSslArgs(attempt, isBytes(config, "config"), isKey(privateKey, "privateKey"));
  const shape: Shape<ImportEchKeyOptions> = { isRetryConfig: isBoolean };
  const { isRetryConfig = true } = takeSslOptions(attempt, options, shape);
  const copy = copyBytes(config);
  const { contents: { kem } } = readOwnConfig(copy);
  const key = privateKey instanceof CryptoKey ? privateKey : await readKey(kem, privateKey);
  const { contents, cipherSuite } = readEchKey(copy, key);
  const pair = { publicKey: contents.publicKey, privateKey: key };
  if (!await isPair({ kem, ...cipherSuite }, pair)) {
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `${attempt}: the private key is not that of the configuration`,
    );
  }
  return { config: copy, privateKey: key, isRetryConfig };
}

async function readKey(kem: number, input: Uint8Array | string): Promise<CryptoKey> {
  const der = copyBytes(decodeOnePemOrDer(input, PRIVATE_KEY_PEM).der);
  try {
    return await importHpkePrivateKey(kem, der);
  } catch (cause) {
    throw new SslError(
      "SEC_ERROR_INVALID_KEY",
      `${PRIVATE_KEY_PEM.attempt}: the private key is no PKCS #8 key of the configuration's curve`,
      { cause },
    );
  }
}

/** Returns whether what is encrypted under a public key can be decrypted with a private key. */
async function isPair(
  suite: { readonly kem: number; readonly kdf: number; readonly aead: number },
  pair: HpkeKeyPair,
): Promise<boolean> {
  const info = new Uint8Array(0);
  try {
    const { enc, context } = await setupHpkeSender(suite, pair.publicKey, info);
    const sealed = await context.seal(info, info);
    await (await setupHpkeReceiver(suite, pair, enc, info)).open(info, sealed);
    return true;
  } catch (error) {
    if (error instanceof HpkeError) return false;
    throw error;
  }
}

/**
 * Encodes the list of configurations that a server publishes, as the value of the key `ech` in its
 * HTTPS record (`SSL_EncodeEchConfigId`).
 *
 * @param keys The keys, in preference order, or their configurations.
 * @returns The `ECHConfigList`.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if there is none, one is malformed, or together they
 * are longer than 65,535 bytes.
 *
 * @example Base64, as in a zone file
 * ```ts
 * import { encodeEchConfigList, generateEchKeys } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const key = await generateEchKeys({ publicName: "public.example", configId: 7 });
 * const list = encodeEchConfigList([key]);
 * const record = `example.com. 300 IN HTTPS 1 . ech=${list.toBase64()}`;
 * assertEquals(list.length, 2 + key.config.length);
 * assertEquals(record.includes("ech=AE"), true);
 * ```
 *
 * @category Keys
 */
export function encodeEchConfigList(
  keys: readonly (EchKey | Uint8Array)[],
): Uint8Array<ArrayBuffer> {
  const attempt = "Cannot encode ECHConfigList";
  const isConfig = isEither(
    "a key, or an ECHConfig in bytes",
    isBytes,
    hasMembers("a key", { config: required(isBytes) }),
  );
  requireSslArgs(attempt, isArrayOf(isConfig)(keys, "keys"));
  const configs = keys.map((key) => key instanceof Uint8Array ? key : key.config);
  for (const config of configs) readOwnConfig(copyBytes(config));
  const { length } = concat(configs);
  requireSslArgs(
    attempt,
    configs.length === 0 ? "there is no key" : null,
    length > 0xffff ? `the configurations are ${length} bytes long, more than 65535` : null,
  );
  return joinEchConfigs(configs);
}

/**
 * Sets the configurations under which a client hides its hello (`SSL_SetClientEchConfigs`), as the
 * option `echConfigList` does, and checks that one of them can be used.
 *
 * @param target The socket.
 * @param list The `ECHConfigList`, as bytes or in Base64; `null` for none.
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_ESNI_KEYS` if it is malformed,
 * `SEC_ERROR_INVALID_ARGS` if none can be used, `PR_IS_CONNECTED_ERROR` once the handshake has
 * begun.
 *
 * @example Usage
 * ```ts
 * import { newModel } from "@nss/nss";
 * import { encodeEchConfigList, generateEchKeys, setClientEchConfigs } from "@nss/nss/ssl";
 * import { assertThrows } from "@std/assert";
 *
 * const key = await generateEchKeys({ publicName: "public.example" });
 * const list = encodeEchConfigList([key]);
 * setClientEchConfigs(newModel(), list);
 * assertThrows(() => setClientEchConfigs(newModel(), list.subarray(1)));
 * ```
 *
 * @category Options
 */
export function setClientEchConfigs(target: Configurable, list: Uint8Array | string | null): void {
  requireSslArgs("Cannot set ECH configurations", orNull(isBytesOrText)(list, "list"));
  const echConfigList = list === null ? null : takeEchConfigList(list, "echConfigList");
  if (echConfigList !== null) usableEchConfigs(echConfigList);
  change(configBeforeStart(target), { echConfigList });
}

/**
 * Sets a server's keys of Encrypted Client Hello (`SSL_SetServerEchConfigs`), as the option
 * `echKeys` does, and checks them. Sockets that a listener accepts from now on have them.
 *
 * @param target The socket, listener or model.
 * @param keys The keys, the newest first; 16 at most.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if a configuration is malformed or cannot be used, or
 * its private key is of another kind; `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Rotation: the old key is still accepted, the new one is published
 * ```ts
 * import { newModel } from "@nss/nss";
 * import { generateEchKeys, setServerEchConfigs } from "@nss/nss/ssl";
 * import { assertThrows } from "@std/assert";
 *
 * const model = newModel({ role: "server" });
 * const old = await generateEchKeys({ publicName: "public.example" });
 * const current = await generateEchKeys({ publicName: "public.example" });
 * setServerEchConfigs(model, [current, { ...old, isRetryConfig: false }]);
 * assertThrows(() => setServerEchConfigs(model, [{ ...old, config: new Uint8Array(4) }]));
 * ```
 *
 * @category Options
 */
export function setServerEchConfigs(target: Configurable, keys: readonly EchKey[]): void {
  const echKeys = takeEchKeys(keys, "echKeys");
  for (const { config, privateKey } of echKeys) readEchKey(config, privateKey);
  change(configToChange(target), { echKeys });
}

/**
 * Removes a client's configurations and a server's keys of Encrypted Client Hello
 * (`SSL_RemoveEchConfigs`).
 *
 * @param target The socket, listener or model.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { newModel } from "@nss/nss";
 * import { encodeEchConfigList, generateEchKeys, removeEchConfigs } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const key = await generateEchKeys({ publicName: "public.example" });
 * const model = newModel({ echConfigList: encodeEchConfigList([key]) });
 * assertEquals(removeEchConfigs(model), undefined); // sockets made from it show their names
 * ```
 *
 * @category Options
 */
export function removeEchConfigs(target: Configurable): void {
  change(configToChange(target), { echConfigList: null, echKeys: [] });
}

/**
 * Sets whether a client of TLS 1.3 without configurations sends what looks like Encrypted Client
 * Hello (`SSL_EnableTls13GreaseEch`), as the option `echGrease` does.
 *
 * @param target The socket or model.
 * @param enabled Whether it does.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { newModel } from "@nss/nss";
 * import { enableTls13GreaseEch } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(enableTls13GreaseEch(newModel(), true), undefined);
 * ```
 *
 * @category Options
 */
export function enableTls13GreaseEch(target: Configurable, enabled: boolean): void {
  requireSslArgs("Cannot set GREASE of ECH", isBoolean(enabled, "enabled"));
  change(configToChange(target), { echGrease: enabled });
}

/**
 * Sets whether a server stands behind another one that decrypts Encrypted Client Hello, and
 * confirms the inner hellos which that one passes on (`SSL_EnableTls13BackendEch`; RFC 9849,
 * Section 7.2). Only that other server may reach it.
 *
 * @param target The socket, listener or model.
 * @param enabled Whether it does.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { newModel } from "@nss/nss";
 * import { enableTls13BackendEch } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(enableTls13BackendEch(newModel({ role: "server" }), true), undefined);
 * ```
 *
 * @category Options
 */
export function enableTls13BackendEch(target: Configurable, enabled: boolean): void {
  requireSslArgs("Cannot set the back end of ECH", isBoolean(enabled, "enabled"));
  change(configToChange(target), { echBackend: enabled });
}

/**
 * Returns the configurations of a server that has rejected this client's encrypted hello
 * (`SSL_GetEchRetryConfigs`): those of the {@linkcode EchRejectedError} that ended the handshake.
 *
 * @param socket The client's socket.
 * @returns The `ECHConfigList`, for one new connection.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` if the server has given none.
 *
 * @example Usage
 * ```ts ignore
 * import { importFD } from "@nss/nss";
 * import { getEchRetryConfigs } from "@nss/nss/ssl";
 *
 * const hostname = "example.com";
 * const echConfigList = await Deno.readFile("ech.bin");
 * const conn = await Deno.connect({ hostname, port: 443 });
 * const socket = importFD(conn, { hostname, echConfigList });
 * await socket.handshake().catch(() => console.log(getEchRetryConfigs(socket)));
 * ```
 *
 * @category Connection information
 */
export function getEchRetryConfigs(socket: SslSocket): Uint8Array<ArrayBuffer> {
  const { failure } = connectionOf(socket);
  if (failure instanceof EchRejectedError && failure.retryConfigs !== null) {
    return failure.retryConfigs.slice();
  }
  throw new SslError(
    "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
    "Cannot tell: no server has rejected a hidden hello of this socket and given configurations",
  );
}
