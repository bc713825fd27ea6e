// Copyright 2026 the NSS for Deno authors. MIT license.

import { isFunction, orNull } from "../../cert/base/options.ts";
import { requireSslArgs } from "./option_values.ts";
import type { Name } from "../../cert/names/name.ts";
import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { Credential } from "./credential.ts";
import type { ExternalKey, PskKeyExchangeMode } from "./external_psk.ts";
import type { EchKey } from "./ech_key.ts";
import type { HookOptions } from "./hooks.ts";
import type { ClientAuth, Role } from "./import_options.ts";
import type { RawPublicKeys } from "./raw_public_keys.ts";
import type { AntiReplayContext } from "../base/anti_replay.ts";
import type { ResumptionToken } from "../base/resumption_token.ts";
import type { CipherSuite, Tls12CipherSuite } from "../tables/cipher_suites.ts";
import type { NamedGroup } from "../tables/named_groups.ts";
import type { PolicyPreset } from "../tables/policy_presets.ts";
import { TLS_1_2, TLS_1_3 } from "../tables/versions.ts";

/** The hooks and callbacks, each `null` where none is set. */
type HookSettings = {
  readonly [Hook in keyof HookOptions]-?: Exclude<HookOptions[Hook], undefined> | null;
};

/** The settings of a socket, listener or model; `SETTINGS` has a row for each. */
export interface Settings extends HookSettings {
  readonly role: Role;
  readonly hostname: string | null;
  readonly trustAnchors: readonly TrustAnchor[] | null;
  readonly credentials: readonly Credential[];
  /** The keys in place of certificates; `null` where there are certificates only. */
  readonly rawPublicKeys: RawPublicKeys | null;
  readonly clientAuth: ClientAuth;
  readonly externalPsks: readonly ExternalKey[];
  readonly pskKeyExchangeModes: readonly PskKeyExchangeMode[];
  /** Whether a client with external PSKs accepts a server's certificate in place of one. */
  readonly certificateFallback: boolean;
  /** What a TLS 1.2 server tells a client that is to choose its identity. */
  readonly pskIdentityHint: string | null;
  /** When a server that requests a certificate requires one; `clientAuth` holds the effect. */
  readonly requireCertificate: RequireCertificate;
  /** The authorities in a server's certificate request; `null` for the trust anchors. */
  readonly caNames: readonly Name[] | null;
  readonly alpn: boolean;
  readonly alpnProtocols: readonly string[];
  readonly minVersion: number;
  readonly maxVersion: number;
  /** The cipher suites of TLS 1.3. */
  readonly cipherSuites: readonly CipherSuite[];
  readonly tls12CipherSuites: readonly Tls12CipherSuite[];
  readonly groups: readonly NamedGroup[];
  readonly keyShares: readonly NamedGroup[] | null;
  /**
   * The number of groups besides the first that have a key share in the first ClientHello; `null`
   * if `keyShares` or the default decides.
   */
  readonly additionalKeyShares: number | null;
  readonly signatureSchemes: readonly SignatureScheme[];
  readonly policyPreset: PolicyPreset | null;
  readonly noCache: boolean;
  readonly sessionTickets: boolean;
  /** The maximum of early data that a server takes, in bytes; 0 for none. */
  readonly maxEarlyData: number;
  /** What keeps a server's early data from being replayed; `null` for the context's. */
  readonly antiReplay: AntiReplayContext | null;
  /** Whether a server's writes go out before the client's Finished. */
  readonly halfRttData: boolean;
  readonly ocspStapling: boolean;
  /** Whether a client requests SCTs. */
  readonly signedCertTimestamps: boolean;
  readonly extendedMasterSecret: "off" | "on" | "required";
  readonly requireSafeNegotiation: boolean;
  /** How a peer's request to renegotiate a TLS 1.2 connection is answered. */
  readonly renegotiation: Renegotiation;
  /** Whether a client offers post-handshake authentication. */
  readonly postHandshakeAuth: boolean;
  /** Whether TLS 1.3's clients may sign with RSASSA-PKCS1-v1_5. */
  readonly pkcs1ClientAuth: boolean;
  readonly fallbackScsv: boolean;
  readonly downgradeCheck: boolean;
  readonly compatMode: boolean;
  readonly grease: boolean;
  readonly permuteExtensions: boolean;
  /** The configurations under which a client encrypts its ClientHello; `null` for none. */
  readonly echConfigList: Uint8Array<ArrayBuffer> | null;
  readonly echGrease: boolean;
  /** A server's keys of Encrypted Client Hello. */
  readonly echKeys: readonly EchKey[];
  /** Whether a server takes inner ClientHellos that another server has decrypted. */
  readonly echBackend: boolean;
  /**
   * The maximum plaintext in a record that this end accepts, with the inner content type (RFC
   * 8449).
   */
  readonly recordSizeLimit: number;
  /** Whether a server's certificate chain is completed from the context's database. */
  readonly loadCertificateChain: boolean;
  readonly pinArg: unknown;
  readonly peerId: string | null;
  /** The application's name of a server configuration that several processes share. */
  readonly sessionIdContext: string | null;
  readonly handshakeTimeout: number;
  readonly closeTimeout: number;
  readonly noDelay: boolean;
  readonly allowTruncation: boolean;
  /** The session that a client is to resume; never copied to other sockets. */
  readonly resumptionToken: ResumptionToken | null;
  readonly context: NssContext;
}

/**
 * When a TLS 1.2 connection is renegotiated (`SSL_RENEGOTIATE_*`).
 *
 * @category Options
 */
export type Renegotiation = "NEVER" | "UNRESTRICTED" | "REQUIRES_XTN" | "TRANSITIONAL";

/**
 * When a server requires a client's certificate (`SSL_REQUIRE_CERTIFICATE`).
 *
 * @category Options
 */
export type RequireCertificate = "NEVER" | "ALWAYS" | "FIRST_HANDSHAKE" | "NO_ERROR";

/** The name of a setting. */
export type SettingName = keyof Settings;

/** A configuration: the settings, and which of them have been set. */
export interface SslConfig extends Settings {
  /** The settings that have been set, even to their defaults. */
  readonly chosen: ReadonlySet<SettingName>;
}

/** Sets settings of a configuration in place and marks them as set. */
export function change(config: SslConfig, settings: Partial<Settings>): void {
  const chosen = new Set([...config.chosen, ...Object.keys(settings) as SettingName[]]);
  if (chosen.size !== latestChosen.size || [...chosen].some((name) => !latestChosen.has(name))) {
    latestChosen = chosen;
  }
  Object.assign(config, settings, { chosen: latestChosen });
}

/** What was set last, which most connections of a program share. */
let latestChosen: ReadonlySet<SettingName> = new Set();

/**
 * Sets or removes a hook.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if it is neither a function nor `null`.
 */
export function setHook<N extends keyof HookSettings>(
  config: SslConfig,
  name: N,
  hook: HookSettings[N],
): void {
  requireSslArgs(`Cannot set ${name}`, orNull(isFunction)(hook, "the hook"));
  change(config, { [name]: hook });
}

/** Returns whether a configuration allows TLS 1.3. */
export function offersTls13({ maxVersion, cipherSuites }: SslConfig): boolean {
  return maxVersion >= TLS_1_3 && cipherSuites.length > 0;
}

/** Returns whether a configuration allows TLS 1.2. */
export function offersTls12({ minVersion, tls12CipherSuites, groups }: SslConfig): boolean {
  return minVersion <= TLS_1_2 && tls12CipherSuites.length > 0 && groups.some(({ tls12 }) => tls12);
}

/** Returns the groups that have a key share in a client's first ClientHello. */
export function initialKeyShares(
  { groups, keyShares, additionalKeyShares }: SslConfig,
): readonly NamedGroup[] {
  if (additionalKeyShares !== null) return groups.slice(0, 1 + additionalKeyShares);
  const wanted = keyShares ?? groups.filter(({ name }) => DEFAULT_KEY_SHARES.includes(name));
  const shares = wanted.filter((group) => groups.includes(group));
  return shares.length > 0 ? shares : groups.slice(0, 1);
}

/** X25519 is eight times faster than P-256 in WebCrypto, and almost every peer supports it. */
const DEFAULT_KEY_SHARES: readonly string[] = ["X25519MLKEM768", "x25519"];
