// Copyright 2026 the NSS for Deno authors. MIT license.

/** Creates configurations from defaults, options, models and presets. @module */

import { groupBy } from "../../cert/base/runtime.ts";
import { anything, isBytes, isInstance, type Shape, show } from "../../cert/base/options.ts";
import { defaultContext, NssContext } from "../../pkcs11/context/context.ts";
import {
  change,
  offersTls12,
  offersTls13,
  type SettingName,
  type Settings,
  type SslConfig,
} from "./config.ts";
import { configOf } from "./config_registry.ts";
import { SslError } from "../base/errors.ts";
import type { ImportOptions } from "./import_options.ts";
import { invalid, takeSslOptions } from "./option_values.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../tables/cipher_suites.ts";
import { NAMED_GROUPS } from "../tables/named_groups.ts";
import { POLICY_PRESETS, type PolicyPreset, policyPresetByName } from "../tables/policy_presets.ts";
import { PROTOCOL_VERSIONS, versionName } from "../tables/versions.ts";

const defaults = new WeakMap<NssContext, SslConfig>();
const NONE_CHOSEN: ReadonlySet<SettingName> = new Set();

/**
 * Returns the default configuration of a context's sockets, which setters of defaults change in
 * place.
 */
export function defaultsOf(context: NssContext): SslConfig {
  let config = defaults.get(context);
  if (config === undefined) {
    config = builtInDefaults(context);
    defaults.set(context, config);
  }
  return config;
}

/** Returns a configuration in which nothing has been set. */
export function builtInDefaults(context: NssContext): SslConfig {
  const settings = Object.fromEntries(
    SETTING_NAMES.filter((name) => name !== "context")
      .map((name) => [name, SETTINGS[name].initial()]),
  ) as Omit<Settings, "context">;
  return { ...settings, context, chosen: new Set() };
}

/**
 * The options that are not settings: a model to copy, a preset, and those of a single connection.
 */
const OTHER_OPTIONS = ["model", "policy", "head", "signal"] as const;

/** The settings of each option, in the order of their table. */
const SETTINGS_OF_OPTIONS: ReadonlyMap<keyof ImportOptions, readonly SettingName[]> = groupBy(
  SETTING_NAMES.filter((name) => SETTINGS[name].option !== null),
  (name) => SETTINGS[name].option!,
);

/** The names of all options. */
export const OPTION_NAMES: readonly (keyof ImportOptions)[] = [
  ...SETTINGS_OF_OPTIONS.keys(),
  ...OTHER_OPTIONS,
];

/** The checks of options; those of settings are in the table. */
const SHAPE: Shape<ImportOptions> = {
  ...shapeOf(OPTION_NAMES),
  context: isInstance(NssContext),
  head: isBytes,
  signal: isInstance(AbortSignal),
};

function shapeOf(names: readonly string[]): Shape<ImportOptions> {
  return Object.fromEntries(names.map((name) => [name, anything])) as Shape<ImportOptions>;
}

/** What Node.js, Deno or NSS call an option, and what does its work here. */
export const FOREIGN_OPTIONS: Readonly<Record<string, string>> = {
  ALPNCallback: "nextProtoCallback",
  ALPNProtocols: "alpnProtocols",
  SNICallback: "sniSocketConfig",
  ca: "caCerts",
  cert: "certificates: [{ cert, key }]",
  certChain: "certificates: [{ cert, key }]",
  certFile: "certificates: [{ cert, key }], with what Deno.readTextFile() reads",
  checkServerIdentity: "authCertificate",
  ciphers: "cipherSuites",
  ecdhCurve: "groups",
  host: "hostname",
  isServer: 'role: "server"',
  key: "certificates: [{ cert, key }]",
  keyFile: "certificates: [{ cert, key }], with what Deno.readTextFile() reads",
  maxVersion: "versions: { max }",
  minVersion: "versions: { min }",
  passphrase: "importPrivateKey() or importPkcs12(), which decrypt",
  pfx: "importPkcs12()",
  port: "the port of Deno.connect()",
  privateKey: "certificates: [{ cert, key }]",
  rejectUnauthorized: "an authCertificate or badCert hook, which decides whom to trust",
  requestCert: "clientAuth",
  secureContext: "model",
  servername: "hostname",
  session: "setResumptionToken()",
  sigalgs: "signatureSchemes",
  unsafelyDisableHostnameVerification: "an authCertificate hook, which decides whom to trust",
  unsafelyIgnoreCertificateErrors:
    "an authCertificate or badCert hook, which decides whom to trust",
};

function refuseForeignOptions(given: object): void {
  if (typeof given !== "object" || given === null) return; // refused with the others
  const foreign = Object.keys(given).find((name) => Object.hasOwn(FOREIGN_OPTIONS, name));
  if (foreign === undefined) return;
  throw new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot use options: there is no option ${foreign}; use ${FOREIGN_OPTIONS[foreign]}`,
  );
}

/** The options that an SNI hook may return: all but those that belong to the socket. */
const NAMED_OPTION_NAMES = OPTION_NAMES.filter((option) =>
  option === "model" || option === "policy" ||
  SETTING_NAMES.some((name) =>
    SETTINGS[name].option === option && SETTINGS[name].owner !== "socket"
  )
);

/**
 * Reads the options of a socket, a listener or a model.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option.
 */
export function takeImportOptions(given: ImportOptions): ImportOptions {
  refuseForeignOptions(given);
  return takeSslOptions("Cannot use options", given, SHAPE);
}

/**
 * Rejects the options of a single connection where there is none.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for the first such option.
 */
export function refuseOwn({ head, signal }: ImportOptions, of: string): void {
  const why = `it is a single connection's, not ${of}`;
  if (head !== undefined) throw invalid("head", why);
  if (signal !== undefined) throw invalid("signal", why);
}

/**
 * Returns the configuration for options: the model's, or else the context's defaults, with the
 * options applied.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an invalid value.
 */
export function resolveConfig(options: ImportOptions): SslConfig {
  const { context = defaultContext(), model } = options;
  const base = model === undefined ? defaultsOf(context) : configOf(model);
  const chosen = model === undefined ? NONE_CHOSEN : base.chosen;
  const config = { ...base, chosen, resumptionToken: null };
  applyOptions(config, options);
  return config;
}

/**
 * Returns a socket's configuration after its SNI hook has returned options; the settings of their
 * model are applied first.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value.
 */
export function resolveNamed(own: SslConfig, given: ImportOptions): SslConfig {
  const options = takeSslOptions(
    "Cannot use what the name hook returned",
    given,
    shapeOf(NAMED_OPTION_NAMES),
  );
  const config = { ...own };
  if (options.model !== undefined) inherit(config, configOf(options.model));
  applyOptions(config, options);
  return config;
}

/**
 * Copies what has been set in one configuration to another. What has not been set stays, so that an
 * application's own restrictions are kept.
 */
export function inherit(own: SslConfig, named: SslConfig): void {
  const taken = [...named.chosen].filter((name) => SETTINGS[name].owner !== "socket");
  change(own, Object.fromEntries(taken.map((name) => [name, named[name]])));
}

function applyOptions(config: SslConfig, options: ImportOptions): void {
  if (options.policy !== undefined) applyPreset(config, presetByName(options.policy));
  const settings: Partial<Settings> = {};
  for (const [option, names] of SETTINGS_OF_OPTIONS) {
    const given = options[option];
    if (given === undefined) continue;
    for (const name of names) {
      const value = SETTINGS[name].take?.(given, option, config);
      if (value !== undefined) Object.assign(settings, { [name]: value });
    }
  }
  change(config, settings);
  if (options.versions !== undefined) checkVersions(config);
  const stray = options.keyShares?.find((name) => config.groups.every((g) => g.name !== name));
  if (stray !== undefined) {
    throw invalid(
      "keyShares",
      `${stray} is not among the groups; name it in the option groups, too`,
    );
  }
  if (options.cipherSuites !== undefined && !offersTls13(config) && !offersTls12(config)) {
    throw invalid("cipherSuites", "none of them is of a version that is enabled");
  }
}

/**
 * Rejects options that have no effect in a socket's role. It is called when the handshake starts,
 * since the role may change until then, and checks only the options passed to `importFD`, since a
 * model may serve both roles.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for the first such option.
 */
export function checkForRole(config: SslConfig, given: readonly string[]): void {
  const settingsOf: ReadonlyMap<string, readonly SettingName[]> = SETTINGS_OF_OPTIONS;
  const { role } = config;
  const other = role === "client" ? "server" : "client";
  const stray = given.find((option) => {
    const names = settingsOf.get(option) ?? [];
    return names.length > 0 &&
      names.every((name) => SETTINGS[name].role === other) &&
      names.some((name) => config[name] !== SETTINGS[name].initial());
  });
  if (stray === undefined) return;
  throw new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot start handshake: option ${stray} is a ${other}'s, and this socket is a ${role}` +
      (role === "client" ? ' (role: "server" makes it one)' : ""),
  );
}

/** Applies an option of `importFD`, or nothing if its value is invalid. */
export function applyOption<O extends keyof ImportOptions>(
  config: SslConfig,
  option: O,
  value: NonNullable<ImportOptions[O]>,
): void {
  if (value === undefined) throw invalid(option, "it is undefined");
  const next = { ...config };
  applyOptions(next, { [option]: value });
  Object.assign(config, next);
}

function checkVersions({ minVersion, maxVersion }: SslConfig): void {
  if (minVersion <= maxVersion) return;
  throw new SslError(
    "SSL_ERROR_INVALID_VERSION_RANGE",
    `Cannot use option versions: ${versionName(minVersion)} to ${
      versionName(maxVersion)
    } is not a range`,
  );
}

/**
 * Returns the preset of a name.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if there is none.
 */
export function presetByName(name: string): PolicyPreset {
  const preset = policyPresetByName(name);
  if (preset !== undefined) return preset;
  const known = POLICY_PRESETS.map((preset) => preset.name);
  throw invalid("policy", `${show(name)} is not one of ${known.join(", ")}`);
}

/** The settings of presets, made when a preset is first used. */
const PRESET_SETTINGS = new WeakMap<PolicyPreset, Partial<Settings>>();

/** Applies all settings of a preset. */
export function applyPreset(config: SslConfig, preset: PolicyPreset): void {
  let settings = PRESET_SETTINGS.get(preset);
  if (settings === undefined) PRESET_SETTINGS.set(preset, settings = settingsOf(preset));
  change(config, settings);
}

function settingsOf(preset: PolicyPreset): Partial<Settings> {
  const suites: readonly string[] = preset.cipherSuites;
  const byName = <Row extends { readonly name: string }>(
    names: readonly string[],
    rows: readonly Row[],
  ) =>
    names.map((name) => rows.find((row) => row.name === name)).filter((row) => row !== undefined);
  return {
    policyPreset: preset,
    minVersion: PROTOCOL_VERSIONS[preset.minVersion],
    maxVersion: PROTOCOL_VERSIONS[preset.maxVersion],
    cipherSuites: byName(suites, CIPHER_SUITES),
    tls12CipherSuites: byName(suites, TLS12_CIPHER_SUITES),
    groups: byName(preset.groups, NAMED_GROUPS),
    keyShares: null,
    additionalKeyShares: null,
    signatureSchemes: preset.signatureSchemes,
  };
}
