// Copyright 2026 the NSS for Deno authors. MIT license.

import { show } from "../../cert/base/options.ts";
import {
  change,
  type Renegotiation,
  type RequireCertificate,
  type SettingName,
  type SslConfig,
} from "./config.ts";
import { SslError } from "../base/errors.ts";
import { invalid } from "./option_values.ts";
import { DEFAULT_MAX_EARLY_DATA, insists, MAX_RECORD_SIZE_LIMIT, SETTINGS } from "./settings.ts";
import { MIN_RECORD_SIZE_LIMIT } from "../extensions/record_size_limit.ts";

/**
 * NSS's socket options, without `SSL_` before their names, and the types of their values.
 *
 * @category Options
 */
export interface SslOptionValues {
  /** Whether the socket uses TLS. */
  readonly SECURITY: boolean;
  /** Whether the socket uses a SOCKS proxy. */
  readonly SOCKS: boolean;
  /** Whether a server requests a client certificate. */
  readonly REQUEST_CERTIFICATE: boolean;
  /** Whether this end is the client. */
  readonly HANDSHAKE_AS_CLIENT: boolean;
  /** Whether this end is the server. */
  readonly HANDSHAKE_AS_SERVER: boolean;
  /** Whether SSL 2.0 is enabled. */
  readonly ENABLE_SSL2: boolean;
  /** Whether SSL 3.0 is enabled. */
  readonly ENABLE_SSL3: boolean;
  /** Whether sessions are neither kept nor resumed. */
  readonly NO_CACHE: boolean;
  /** When a server that requests a certificate requires one. */
  readonly REQUIRE_CERTIFICATE: RequireCertificate;
  /** Whether reading and writing may happen concurrently. */
  readonly ENABLE_FDX: boolean;
  /** Whether a client sends a ClientHello that SSL 2.0 servers understand. */
  readonly V2_COMPATIBLE_HELLO: boolean;
  /** Whether any version of TLS is enabled. */
  readonly ENABLE_TLS: boolean;
  /** Whether version rollback attacks are detected in RSA key transport. */
  readonly ROLLBACK_DETECTION: boolean;
  /** Whether step-up from export ciphers is disabled. */
  readonly NO_STEP_DOWN: boolean;
  /** Whether cryptography bypasses PKCS#11. */
  readonly BYPASS_PKCS11: boolean;
  /** Whether sockets work without locks. */
  readonly NO_LOCKS: boolean;
  /** Whether sessions are resumed by tickets. */
  readonly ENABLE_SESSION_TICKETS: boolean;
  /** Whether compression is enabled. */
  readonly ENABLE_DEFLATE: boolean;
  /** When a TLS 1.2 connection is renegotiated. */
  readonly ENABLE_RENEGOTIATION: Renegotiation;
  /** Whether TLS 1.2 requires a peer that supports RFC 5746. */
  readonly REQUIRE_SAFE_NEGOTIATION: boolean;
  /** Whether a client sends data before the server's Finished. */
  readonly ENABLE_FALSE_START: boolean;
  /** Whether CBC records are split against BEAST in TLS 1.0. */
  readonly CBC_RANDOM_IV: boolean;
  /** Whether a client requests a stapled OCSP response. */
  readonly ENABLE_OCSP_STAPLING: boolean;
  /** Whether Next Protocol Negotiation is enabled. */
  readonly ENABLE_NPN: boolean;
  /** Whether ALPN is enabled. */
  readonly ENABLE_ALPN: boolean;
  /** Whether a server reuses its key shares for several connections. */
  readonly REUSE_SERVER_ECDHE_KEY: boolean;
  /** Whether a client signals a fallback to an older version (RFC 7507). */
  readonly ENABLE_FALLBACK_SCSV: boolean;
  /** Whether a server supports finite-field Diffie-Hellman. */
  readonly ENABLE_SERVER_DHE: boolean;
  /** Whether TLS 1.2 uses the extended master secret (RFC 7627). */
  readonly ENABLE_EXTENDED_MASTER_SECRET: boolean;
  /** Whether a client requests SCTs. */
  readonly ENABLE_SIGNED_CERT_TIMESTAMPS: boolean;
  /** Whether finite-field groups must be named ones. */
  readonly REQUIRE_DH_NAMED_GROUPS: boolean;
  /** Whether early data is enabled. */
  readonly ENABLE_0RTT_DATA: boolean;
  /** The maximum plaintext in a record that this end accepts. */
  readonly RECORD_SIZE_LIMIT: number;
  /** Whether TLS 1.3 uses middlebox compatibility mode. */
  readonly ENABLE_TLS13_COMPAT_MODE: boolean;
  /** Whether DTLS uses the short record header. */
  readonly ENABLE_DTLS_SHORT_HEADER: boolean;
  /** Whether a client checks the downgrade sentinel of a server. */
  readonly ENABLE_HELLO_DOWNGRADE_CHECK: boolean;
  /** Whether a server accepts a ClientHello in the format of SSL 2.0. */
  readonly ENABLE_V2_COMPATIBLE_HELLO: boolean;
  /** Whether a client offers post-handshake authentication. */
  readonly ENABLE_POST_HANDSHAKE_AUTH: boolean;
  /** Whether delegated credentials are enabled. */
  readonly ENABLE_DELEGATED_CREDENTIALS: boolean;
  /** Whether EndOfEarlyData is omitted, for QUIC. */
  readonly SUPPRESS_END_OF_EARLY_DATA: boolean;
  /** Whether GREASE values are sent (RFC 8701). */
  readonly ENABLE_GREASE: boolean;
  /** Whether a client sends its extensions in a random order. */
  readonly ENABLE_CH_EXTENSION_PERMUTATION: boolean;
  /** Whether a server's certificate chain is completed from the database. */
  readonly DB_LOAD_CERTIFICATE_CHAIN: boolean;
}

/**
 * The name of an NSS option, without `SSL_` before it.
 *
 * @category Options
 */
export type SslOption = keyof SslOptionValues;

/**
 * The support of an option: it works; its value is fixed; or its feature is not implemented yet.
 *
 * @category Options
 */
export type OptionSupport = "works" | "fixed" | "refused";

/**
 * A row of the table of options.
 *
 * @category Options
 */
export interface OptionInfo {
  /** The name, without `SSL_` before it. */
  readonly option: SslOption;
  /** The number in NSS. */
  readonly id: number;
  /** The name among the options of `importFD`; `null` if none. */
  readonly importOption: string | null;
  /** The type of its values. */
  readonly type: string;
  /** NSS's default. */
  readonly nssDefault: boolean | number | string;
  /** The default here. */
  readonly default: boolean | number | string;
  /** Why the default differs from NSS's; `null` if it does not. */
  readonly because: string | null;
  /** The support of the option. */
  readonly support: OptionSupport;
  /** What it does, or why it cannot be changed. */
  readonly does: string;
}

interface Row<T extends boolean | number | string = boolean | number | string>
  extends Omit<OptionInfo, "option" | "nssDefault" | "default"> {
  readonly nssDefault: T;
  readonly default: T;
  /** Returns whether a value is valid for this option. */
  accepts(value: unknown): value is T;
  get(config: SslConfig): T;
  set(config: SslConfig, value: T): void;
}

/** The boolean settings. */
type Flag = { [K in SettingName]: SslConfig[K] extends boolean ? K : never }[SettingName];

const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

/** The columns that a row does not take from its setting. */
type SettingRow<T extends boolean | number | string> =
  & Omit<Row<T>, "importOption" | "because" | "support" | "does">
  & Partial<Pick<Row<T>, "importOption" | "because">>;

/** Returns the row of an option that reads and sets a setting. */
function ofSetting<T extends boolean | number | string>(
  name: SettingName,
  row: SettingRow<T>,
): Row<T> {
  const { option, doc } = SETTINGS[name];
  return { importOption: option, because: null, ...row, support: "works", does: doc };
}

interface FlagOptions {
  readonly importOption?: string;
  readonly nssDefault: boolean;
  readonly because?: string;
}

/** Returns the row of an option for a boolean setting. */
function flag(id: number, name: Flag, options: FlagOptions): Row<boolean> {
  return ofSetting(name, {
    id,
    type: "boolean",
    default: SETTINGS[name].initial(),
    accepts: isBoolean,
    get: (config) => config[name],
    set: (config, value) => change(config, { [name]: value }),
    ...options,
  });
}

/** Returns the row of a boolean option with a fixed value. */
function fixed(
  id: number,
  value: boolean,
  nssDefault: boolean,
  does: string,
  support: "fixed" | "refused" = "fixed",
): Row<boolean> {
  return {
    id,
    importOption: null,
    type: "boolean",
    nssDefault,
    default: value,
    because: value === nssDefault ? null : does,
    support,
    does,
    accepts: isBoolean,
    get: () => value,
    set: (_config, wanted) => {
      if (wanted === value) return;
      throw new SslError(
        support === "fixed" ? "SEC_ERROR_INVALID_ARGS" : "PR_NOT_IMPLEMENTED_ERROR",
        `Cannot set option: it is always ${value ? "on" : "off"}: ${does}`,
      );
    },
  };
}

const off = (id: number, nssDefault: boolean, does: string) => fixed(id, false, nssDefault, does);
const on = (id: number, nssDefault: boolean, does: string) => fixed(id, true, nssDefault, does);
const notYet = (id: number, does: string) => fixed(id, false, false, does, "refused");

function oneOf<T extends string>(...choices: readonly T[]): (value: unknown) => value is T {
  return (value): value is T => choices.some((choice) => choice === value);
}

const REQUIRE_CHOICES = ["NEVER", "ALWAYS", "FIRST_HANDSHAKE", "NO_ERROR"] as const;
const RENEGOTIATION_CHOICES = ["NEVER", "UNRESTRICTED", "REQUIRES_XTN", "TRANSITIONAL"] as const;

const ROWS: { readonly [O in SslOption]: Row<SslOptionValues[O]> } = {
  SECURITY: on(1, true, "a socket without TLS is the transport itself: use that"),
  SOCKS: off(2, false, "NSS has dropped it, too; give importFD a connection through a proxy"),
  REQUEST_CERTIFICATE: ofSetting("clientAuth", {
    id: 3,
    type: "boolean",
    nssDefault: false,
    default: false,
    accepts: isBoolean,
    get: ({ clientAuth }) => clientAuth !== "none",
    set: (config, value) => setClientAuth(config, value),
  }),
  HANDSHAKE_AS_CLIENT: roleRow(5, "client"),
  HANDSHAKE_AS_SERVER: roleRow(6, "server"),
  ENABLE_SSL2: off(7, false, "SSL 2.0 is broken (RFC 6176)"),
  ENABLE_SSL3: off(8, false, "SSL 3.0 is broken (RFC 7568)"),
  NO_CACHE: flag(9, "noCache", { nssDefault: false }),
  REQUIRE_CERTIFICATE: ofSetting("requireCertificate", {
    id: 10,
    type: REQUIRE_CHOICES.join(", "),
    nssDefault: "FIRST_HANDSHAKE",
    default: "FIRST_HANDSHAKE",
    accepts: oneOf(...REQUIRE_CHOICES),
    get: ({ requireCertificate }) => requireCertificate,
    set: (config, value) => {
      change(config, { requireCertificate: value });
      setClientAuth(config, config.clientAuth !== "none");
    },
  }),
  ENABLE_FDX: on(11, false, "reading and writing never wait for each other"),
  V2_COMPATIBLE_HELLO: off(12, false, "SSL 2.0 is broken (RFC 6176)"),
  ENABLE_TLS: on(13, true, "which versions are spoken is up to versionRangeSet()"),
  ROLLBACK_DETECTION: on(14, true, "it belongs to RSA key transport, which is not here"),
  NO_STEP_DOWN: on(15, false, "there are no export ciphers to step up from"),
  BYPASS_PKCS11: off(16, false, "NSS has dropped it, too; keys sign where they live"),
  NO_LOCKS: on(17, false, "one thread needs none"),
  ENABLE_SESSION_TICKETS: flag(18, "sessionTickets", {
    nssDefault: false,
    because: "resumption is what a client in Deno lacks most",
  }),
  ENABLE_DEFLATE: off(19, false, "compression gives secrets away (CRIME)"),
  ENABLE_RENEGOTIATION: ofSetting("renegotiation", {
    id: 20,
    type: RENEGOTIATION_CHOICES.join(", "),
    nssDefault: "REQUIRES_XTN",
    default: "NEVER",
    because: "few need it, and each renegotiation costs a server more than the client",
    accepts: oneOf(...RENEGOTIATION_CHOICES),
    get: ({ renegotiation }) => renegotiation,
    set: (config, value) => change(config, { renegotiation: value }),
  }),
  REQUIRE_SAFE_NEGOTIATION: flag(21, "requireSafeNegotiation", { nssDefault: false }),
  ENABLE_FALSE_START: notYet(22, "it saves a round trip that TLS 1.3 saves without it"),
  CBC_RANDOM_IV: on(23, true, "it is TLS 1.0's; each record of TLS 1.2 has an IV of its own"),
  ENABLE_OCSP_STAPLING: flag(24, "ocspStapling", { nssDefault: false }),
  ENABLE_NPN: off(25, false, "NSS has dropped it, too; ALPN took its place"),
  ENABLE_ALPN: flag(26, "alpn", { nssDefault: true, importOption: "alpnProtocols" }),
  REUSE_SERVER_ECDHE_KEY: off(27, false, "a key for each connection is what gives forward secrecy"),
  ENABLE_FALLBACK_SCSV: flag(28, "fallbackScsv", { nssDefault: false }),
  ENABLE_SERVER_DHE: off(29, true, "WebCrypto has no finite-field Diffie-Hellman"),
  ENABLE_EXTENDED_MASTER_SECRET: ofSetting("extendedMasterSecret", {
    id: 30,
    type: "boolean",
    nssDefault: true,
    default: true,
    accepts: isBoolean,
    get: ({ extendedMasterSecret }) => extendedMasterSecret !== "off",
    set: (config, value) => change(config, { extendedMasterSecret: value ? "on" : "off" }),
  }),
  ENABLE_SIGNED_CERT_TIMESTAMPS: flag(31, "signedCertTimestamps", { nssDefault: false }),
  REQUIRE_DH_NAMED_GROUPS: on(32, false, "there are no groups but named ones"),
  ENABLE_0RTT_DATA: {
    ...ofSetting("maxEarlyData", {
      id: 33,
      type: "boolean",
      nssDefault: false,
      default: false,
      accepts: isBoolean,
      get: ({ maxEarlyData }) => maxEarlyData > 0,
      set: (config, value) => {
        if (!value) change(config, { maxEarlyData: 0 });
        else if (config.maxEarlyData === 0) {
          change(config, { maxEarlyData: DEFAULT_MAX_EARLY_DATA });
        }
      },
    }),
    does:
      `Whether a server takes early data: on sets maxEarlyData to ${DEFAULT_MAX_EARLY_DATA}, unless it is set; a client sends what writeEarlyData() is given.`,
  },
  RECORD_SIZE_LIMIT: ofSetting("recordSizeLimit", {
    id: 34,
    type: `number, ${MIN_RECORD_SIZE_LIMIT} to ${MAX_RECORD_SIZE_LIMIT}`,
    nssDefault: MAX_RECORD_SIZE_LIMIT,
    default: MAX_RECORD_SIZE_LIMIT,
    accepts: (value): value is number =>
      Number.isInteger(value) && Number(value) >= MIN_RECORD_SIZE_LIMIT &&
      Number(value) <= MAX_RECORD_SIZE_LIMIT,
    get: ({ recordSizeLimit }) => recordSizeLimit,
    set: (config, value) => change(config, { recordSizeLimit: value }),
  }),
  ENABLE_TLS13_COMPAT_MODE: flag(35, "compatMode", {
    nssDefault: false,
    because: "middleboxes break connections without it (RFC 8446, Appendix D.4)",
  }),
  ENABLE_DTLS_SHORT_HEADER: off(36, false, "there is no DTLS"),
  ENABLE_HELLO_DOWNGRADE_CHECK: flag(37, "downgradeCheck", { nssDefault: true }),
  ENABLE_V2_COMPATIBLE_HELLO: off(38, false, "SSL 2.0 is broken (RFC 6176)"),
  ENABLE_POST_HANDSHAKE_AUTH: flag(39, "postHandshakeAuth", { nssDefault: false }),
  ENABLE_DELEGATED_CREDENTIALS: notYet(40, "keys may live elsewhere and sign from there instead"),
  SUPPRESS_END_OF_EARLY_DATA: off(41, false, "it is for QUIC, whose records are not TLS's"),
  ENABLE_GREASE: flag(42, "grease", { nssDefault: false }),
  ENABLE_CH_EXTENSION_PERMUTATION: flag(43, "permuteExtensions", { nssDefault: false }),
  DB_LOAD_CERTIFICATE_CHAIN: flag(44, "loadCertificateChain", {
    nssDefault: true,
    because: "what is sent is what was configured, unless somebody asks for more",
  }),
};

/**
 * The options of NSS in the order of their numbers: what each does here, and where its default
 * differs.
 *
 * @category Options
 */
export const SSL_OPTIONS: readonly OptionInfo[] = Object.entries(ROWS).map(([name, row]) => {
  const { accepts: _accepts, get: _get, set: _set, ...info } = row;
  return { option: name as SslOption, ...info };
});

/** Returns the value of an option in a configuration. */
export function getOption<O extends SslOption>(config: SslConfig, option: O): SslOptionValues[O] {
  return rowOf(option).get(config);
}

/**
 * Sets an option of a configuration.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value,
 * `PR_NOT_IMPLEMENTED_ERROR` for a feature that is not implemented.
 */
export function setOption<O extends SslOption>(
  config: SslConfig,
  option: O,
  value: SslOptionValues[O],
): void {
  const row = rowOf(option);
  if (!row.accepts(value)) {
    throw invalid(option, `${show(value)} is not one of its values (${row.type})`);
  }
  row.set(config, value);
}

function rowOf<O extends SslOption>(option: O): Row<SslOptionValues[O]> {
  if (Object.hasOwn(ROWS, option)) return ROWS[option];
  // NSS's names without their prefix are those here
  const short = String(option).replace(/^SSL_/, "");
  throw invalid(
    String(option),
    Object.hasOwn(ROWS, short) ? `here it is called ${short}` : "NSS has none of that name",
  );
}

function roleRow(id: number, role: "client" | "server"): Row<boolean> {
  const other = role === "client" ? "server" : "client";
  return {
    ...ofSetting("role", {
      id,
      type: "boolean",
      nssDefault: false,
      default: role === "client",
      because: role === "client"
        ? "what is imported is connected already, so a socket is one of the two from the beginning"
        : null,
      accepts: isBoolean,
      get: (config) => config.role === role,
      set: (config, value) => change(config, { role: value ? role : other }),
    }),
    does: `on makes the socket the ${role}, off the ${other}: it is always one of the two`,
  };
}

function setClientAuth(config: SslConfig, asks: boolean): void {
  const whenAsked = insists(config.requireCertificate) ? "require" : "request";
  change(config, { clientAuth: asks ? whenAsked : "none" });
}
