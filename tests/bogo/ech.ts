// Copyright 2026 the NSS for Deno authors. MIT license.

/** What BoringSSL's runner asks of a shim about Encrypted Client Hello. @module */

import { EchRejectedError } from "../../ssl/base/ech_error.ts";
import type { ChannelInfo } from "../../ssl/base/channel_info.ts";
import type { SslConfig } from "../../ssl/config/config.ts";
import type { EchKey } from "../../ssl/config/ech_key.ts";
import type { PeerAuthentication } from "../../ssl/config/hooks.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { SocketHooks } from "../../ssl/connection/socket_hooks.ts";
import { authenticatePublicName } from "../../ssl/handshake/client/ech.ts";
import { importEchKey } from "../../ssl/nss/ech.ts";
import { x25519Pkcs8 } from "../support/hpke_keys.ts";
import { expect } from "./expectations.ts";
import type { Flags } from "./flags.ts";

/** The keys of a server. */
export function readEchKeys(flags: Flags): Promise<readonly EchKey[]> {
  const keys = flags.allBytes("-ech-server-key");
  const retries = flags.numbers("-ech-is-retry-config") ?? [];
  return Promise.all(
    flags.allBytes("-ech-server-config").map((config, i) =>
      importEchKey(config, x25519Pkcs8(keys[i]!), { isRetryConfig: retries[i] === 1 })
    ),
  );
}

/** The options of a client. */
export function echOptions(flags: Flags): Pick<ImportOptions, "echConfigList" | "echGrease"> {
  const echConfigList = flags.bytes("-ech-config-list");
  return {
    ...(echConfigList !== undefined && { echConfigList }),
    echGrease: flags.has("-enable-ech-grease"),
  };
}

/**
 * BoringSSL's servers without keys take both an inner hello in clear, as a back end, and what they
 * cannot decrypt; no server is both here (RFC 9849, Section 7).
 */
export function echSettings(flags: Flags): Pick<SslConfig, "echBackend"> {
  const isNamed = flags.text("-expect-server-name") !== undefined;
  return { echBackend: !isNamed && !flags.has("-ech-server-config") };
}

/**
 * Has the runner's certificates, which are good for no name, taken for those of public names, which
 * no option does.
 */
export function acceptPublicNames(flags: Flags): void {
  const { call } = SocketHooks.prototype;
  const accept = ({ hostname }: PeerAuthentication) => {
    expect<string | null>("name", flags.text("-expect-ech-name-override") ?? hostname, hostname);
    return true;
  };
  SocketHooks.prototype.call = function (hook, ...args) {
    return Object.is(hook, authenticatePublicName)
      ? Reflect.apply(accept, null, args)
      : Reflect.apply(call, this, [hook, ...args]);
  };
}

/** Compares a complete handshake with what the flags expect of it. */
export function checkEch({ echAccepted }: ChannelInfo, flags: Flags): void {
  if (flags.has("-expect-ech-accept")) expect("ECH", true, echAccepted);
}

/** Compares a failure with what the flags expect of it. */
export function checkEchRejection(error: unknown, flags: Flags): void {
  const wanted = flags.bytes("-expect-ech-retry-configs");
  const isNone = flags.has("-expect-no-ech-retry-configs");
  if (wanted === undefined && !isNone) return;
  const retryConfigs = error instanceof EchRejectedError ? error.retryConfigs : undefined;
  expect("retry configurations", wanted?.toHex() ?? null, retryConfigs?.toHex() ?? retryConfigs);
}
