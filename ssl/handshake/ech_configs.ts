// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Configurations of Encrypted Client Hello: which one a client uses (RFC 9849, Section 6.1), and
 * those of a server's keys.
 *
 * @module
 */

import { shown } from "../../cert/base/printable.ts";
import { SslError } from "../base/errors.ts";
import { isHpkePrivateKey, isHpkePublicKey, isHpkeSuiteAvailable } from "../crypto/hpke.ts";
import {
  type EchCipherSuite,
  type EchConfig,
  type EchConfigContents,
  parseEchConfig,
  parseEchConfigList,
} from "../extensions/ech_config_list.ts";
import { parseMessage } from "../messages/parse_message.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";

/** The length to which names are padded, where a configuration does not say another. */
export const DEFAULT_MAXIMUM_NAME_LENGTH = 64;

/** A configuration that this end can use. */
export interface UsableEchConfig {
  readonly config: EchConfig;
  readonly contents: EchConfigContents;
  /** The algorithms that are chosen. */
  readonly cipherSuite: EchCipherSuite;
}

/**
 * Returns the configurations that can be used, in the order of the list, each with the first of its
 * cipher suites that the runtime has. Whether a public key is a point of its curve shows when it is
 * used.
 *
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_ESNI_KEYS` if the list is malformed,
 * `SEC_ERROR_INVALID_ARGS` if none can be used.
 */
export function usableEchConfigs(
  list: Uint8Array<ArrayBuffer>,
): readonly UsableEchConfig[] {
  const configs = readEchConfigs(list);
  const reasons: string[] = [];
  const found: UsableEchConfig[] = [];
  for (const config of configs) {
    const usable = usableEchConfig(config);
    if (typeof usable !== "string") found.push(usable);
    else if (reasons.length < 3) reasons.push(usable);
  }
  if (found.length > 0) return found;
  throw new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot start handshake: no configuration of the option echConfigList can be used (${
      reasons.join("; ")
    }${configs.length > reasons.length ? "; ..." : ""}); get the list anew, or leave the option ` +
      "out, which shows the host name",
  );
}

/**
 * Parses an `ECHConfigList`.
 *
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_ESNI_KEYS` if it is malformed.
 */
export function readEchConfigs(list: Uint8Array<ArrayBuffer>): readonly EchConfig[] {
  try {
    return parseEchConfigList(list);
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause;
    throw new SslError(
      "SSL_ERROR_RX_MALFORMED_ESNI_KEYS",
      `Cannot read the configurations of Encrypted Client Hello: ${cause.message}; they are the ` +
        "value of the key ech in an HTTPS record",
      { cause },
    );
  }
}

/** Returns whether a list has a configuration of a version that this package knows. */
export function hasKnownVersion(list: Uint8Array<ArrayBuffer>): boolean {
  return parseEchConfigList(list).some(({ contents }) => contents !== null);
}

/** The bit of the type of an extension that must be understood (RFC 9849, Section 4.2). */
const MANDATORY = 0x8000;

/** Returns a configuration as it is used, or why it cannot be. */
export function usableEchConfig(config: EchConfig): UsableEchConfig | string {
  const { version, contents } = config;
  if (contents === null) return `version ${hex(version)} is unknown`;
  const { kem, publicKey, cipherSuites, publicName, extensionTypes } = contents;
  const mandatory = extensionTypes.find((type) => (type & MANDATORY) !== 0);
  if (mandatory !== undefined) return `its mandatory extension ${hex(mandatory)} is unknown`;
  const cipherSuite = cipherSuites.find((suite) => isHpkeSuiteAvailable({ kem, ...suite }));
  if (cipherSuite === undefined) {
    return `KEM ${hex(kem)} or all of its cipher suites are not available here`;
  }
  if (!isHpkePublicKey(kem, publicKey)) return `its public key is not of KEM ${hex(kem)}`;
  if (!isPublicName(publicName)) return `its public name ${shown(publicName)} is no host name`;
  return { config, contents, cipherSuite };
}

/**
 * Returns whether a public name is a DNS name, and cannot be taken for an IPv4 address (RFC 9849,
 * Section 6.1.7).
 */
export function isPublicName(name: string): boolean {
  const labels = name.split(".");
  const last = labels.at(-1)!;
  return labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(label)) &&
    !/^(?:[0-9]+|0x[0-9a-f]*)$/i.test(last);
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(4, "0")}`;
}

/**
 * Reads the configuration of a server's key.
 *
 * @param config The `ECHConfig`.
 * @param privateKey The private key, whose algorithm must be that of the configuration's.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if the configuration is malformed or cannot be used
 * here, or the key is of another kind.
 */
export function readEchKey(
  config: Uint8Array<ArrayBuffer>,
  privateKey: CryptoKey,
): UsableEchConfig {
  const usable = readOwnConfig(config);
  if (!isHpkePrivateKey(usable.contents.kem, privateKey)) {
    throw badKey(
      `the private key is not of KEM ${hex(usable.contents.kem)}, or may not derive bits`,
    );
  }
  return usable;
}

/**
 * Reads a configuration of this end's.
 *
 * @param config The `ECHConfig`.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is malformed or cannot be used here.
 */
export function readOwnConfig(config: Uint8Array<ArrayBuffer>): UsableEchConfig {
  let usable;
  try {
    const reader = new Reader(config);
    const parsed = parseEchConfig(reader);
    reader.finish();
    usable = usableEchConfig(parsed);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    usable = "it is malformed: one ECHConfig is expected, without the length of a list";
  }
  if (typeof usable === "string") throw badKey(usable);
  return usable;
}

function badKey(why: string): SslError {
  return new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot use key of Encrypted Client Hello: ${why}; make it with generateEchKeys(), or take it ` +
      "with importEchKey()",
  );
}

/**
 * Checks `retry_configs`: what a server that has rejected Encrypted Client Hello has now.
 *
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS` if the list is malformed.
 */
export function checkRetryConfigs(list: Uint8Array<ArrayBuffer>): void {
  parseMessage(
    "EncryptedExtensions",
    "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
    list,
    (reader) => parseEchConfigList(reader.rest()),
  );
}
