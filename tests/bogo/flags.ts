// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The flags that BoringSSL's runner gives a shim, Debian's and the newest: one dash, the value in
 * the next argument.
 *
 * @module
 */

/** What follows a flag. */
type Kind = "switch" | "number" | "numbers" | "text" | "bytes";

/**
 * The flags that the shim knows, and what follows each.
 *
 * Those of the last group are accepted and change nothing, as what they ask for is the only way
 * here, or says nothing about the wire.
 */
export const FLAGS = {
  "-port": "number",
  "-ipv6": "switch",
  "-shim-id": "text",
  "-server": "switch",
  "-resume-count": "number",
  "-resumption-delay": "number",

  "-new-x509-credential": "switch",
  "-new-rpk-credential": "switch",
  "-accepted-peer-cert-types": "numbers",
  "-available-client-cert-types": "numbers",
  "-expect-peer-certificate-type": "number",
  "-expect-peer-rpk-sha256": "bytes",
  "-cert-file": "text",
  "-key-file": "text",
  "-must-match-issuer": "switch",
  "-host-name": "text",
  "-psk": "text",
  "-psk-identity": "text",
  "-advertise-alpn": "text",
  "-select-alpn": "text",
  "-decline-alpn": "switch",
  "-reject-alpn": "switch",
  "-select-empty-alpn": "switch",
  "-min-version": "number",
  "-max-version": "number",
  "-no-tls12": "switch",
  "-no-tls13": "switch",
  "-curves": "numbers",
  "-key-shares": "numbers",
  "-signing-prefs": "numbers",
  "-verify-prefs": "numbers",
  "-fallback-scsv": "switch",
  "-no-ticket": "switch",
  "-enable-grease": "switch",
  "-permute-extensions": "switch",
  "-verify-peer": "switch",
  "-verify-fail": "switch",
  "-require-any-client-certificate": "switch",
  "-use-client-ca-list": "text",
  "-renegotiate-freely": "switch",
  "-no-legacy-server-connect": "switch",
  "-forbid-renegotiation-after-handshake": "switch",
  "-fail-early-callback": "switch",
  "-fail-ddos-callback": "switch",
  "-fail-cert-callback": "switch",
  "-enable-ocsp-stapling": "switch",
  "-ocsp-response": "bytes",
  "-use-ocsp-callback": "switch",
  "-set-ocsp-in-callback": "switch",
  "-decline-ocsp-callback": "switch",
  "-fail-ocsp-callback": "switch",
  "-enable-signed-cert-timestamps": "switch",
  "-signed-cert-timestamps": "bytes",

  "-enable-early-data": "switch",
  "-ech-config-list": "bytes",
  "-ech-server-config": "bytes",
  "-ech-server-key": "bytes",
  "-ech-is-retry-config": "numbers",
  "-enable-ech-grease": "switch",
  "-reject-unusable-ech-config": "switch", // as clients always do here

  "-implicit-handshake": "switch",
  "-shim-writes-first": "switch",
  "-shim-initial-write": "text",
  "-repeat-shim-initial-write": "number",
  "-shim-shuts-down": "switch",
  "-check-close-notify": "switch",
  "-read-size": "number",
  "-read-with-unfinished-write": "switch",
  "-write-different-record-sizes": "switch",
  "-key-update": "switch",
  "-key-update-before-read": "switch",
  "-no-op-extra-handshake": "switch",
  "-handshake-twice": "switch",
  "-export-keying-material": "number",
  "-export-label": "text",
  "-export-context": "text",
  "-use-export-context": "switch",
  "-export-traffic-secrets": "switch",
  "-tls-unique": "switch",
  "-use-exporter-between-reads": "switch",

  "-expect-version": "number",
  "-expect-cipher": "number",
  "-expect-curve-id": "number",
  "-expect-peer-signature-algorithm": "number",
  "-expect-peer-verify-pref": "numbers",
  "-expect-alpn": "text",
  "-expect-advertised-alpn": "text",
  "-expect-server-name": "text",
  "-expect-no-server-name": "switch",
  "-expect-hrr": "switch",
  "-expect-no-hrr": "switch",
  "-expect-ech-accept": "switch",
  "-expect-ech-retry-configs": "bytes",
  "-expect-no-ech-retry-configs": "switch",
  "-expect-ech-name-override": "text",
  "-expect-no-ech-name-override": "switch",
  "-expect-extended-master-secret": "switch",
  "-expect-secure-renegotiation": "switch",
  "-expect-no-secure-renegotiation": "switch",
  "-expect-total-renegotiations": "number",
  "-expect-session-miss": "switch",
  "-expect-no-session": "switch",
  "-expect-ticket-renewal": "switch",
  "-expect-session-id": "switch",
  "-expect-no-session-id": "switch",
  "-expect-accept-early-data": "switch",
  "-expect-reject-early-data": "switch",
  "-expect-no-offer-early-data": "switch",
  "-expect-early-data-reason": "text",
  "-expect-ticket-supports-early-data": "switch",
  "-expect-verify-result": "switch",
  "-expect-peer-cert-file": "text",
  "-expect-no-peer-cert": "switch",
  "-expect-selected-credential": "number",
  "-expect-client-ca-list": "text",
  "-expect-ocsp-response": "bytes",
  "-expect-signed-cert-timestamps": "bytes",

  "-write-settings": "text",
  "-async": "switch",
  "-partial-write": "switch",
  "-private-key-delay-ms": "number",
  "-trust-cert": "text",
  "-no-tls1": "switch",
  "-no-tls11": "switch",
  "-renegotiate-ignore": "switch",
  "-use-custom-verify-callback": "switch",
  "-use-old-client-cert-callback": "switch",
  "-use-early-callback": "switch",
  "-install-ddos-callback": "switch",
  "-enforce-rsa-key-usage": "switch",
  "-server-preference": "switch",
  "-expect-msg-callback": "text",
  "-expect-ticket-age-skew": "number",
} as const satisfies Readonly<Record<string, Kind>>;

type Flag = keyof typeof FLAGS;

/** The flags that begin a further credential, and those that belong to the one begun last. */
const NEW_CREDENTIALS: readonly Flag[] = ["-new-x509-credential", "-new-rpk-credential"];
const OF_CREDENTIALS: readonly Flag[] = [
  "-cert-file",
  "-key-file",
  "-signing-prefs",
  "-ocsp-response",
  "-signed-cert-timestamps",
  "-must-match-issuer",
];

type FlagOf<K extends Kind> = {
  [F in Flag]: (typeof FLAGS)[F] extends K ? F : never;
}[Flag];

/** A flag that the shim does not know, which the runner takes for a feature that is not there. */
export class UnknownFlagError extends Error {}

/** The flags of one connection, or of one of its credentials. */
export class Flags {
  readonly #values = new Map<Flag, string[]>();
  readonly #credentials: Flags[] = [];

  /** Each credential that begins with a flag of its own, with the flags that belong to it. */
  get credentials(): readonly Flags[] {
    return this.#credentials;
  }

  /** Adds a flag with its values, to the last credential if it is about one. */
  add(flag: Flag, values: readonly string[]): void {
    if (NEW_CREDENTIALS.includes(flag)) this.#credentials.push(new Flags());
    const isAboutOne = NEW_CREDENTIALS.includes(flag) || OF_CREDENTIALS.includes(flag);
    const owner = isAboutOne ? this.#credentials.at(-1) ?? this : this;
    owner.#values.set(flag, [...owner.#values.get(flag) ?? [], ...values]);
  }

  /** Whether a flag is there. */
  has(flag: Flag): boolean {
    return this.#values.has(flag);
  }

  /** What follows a flag; `undefined` where it is not there. */
  text(flag: FlagOf<"text">): string | undefined {
    return this.#last(flag);
  }

  /** The number that follows a flag. */
  number(flag: FlagOf<"number">): number | undefined {
    const text = this.#last(flag);
    return text === undefined ? undefined : Number(text);
  }

  /** The numbers that follow a flag each time that it is there. */
  numbers(flag: FlagOf<"numbers">): readonly number[] | undefined {
    return this.#values.get(flag)?.map(Number);
  }

  /** The bytes that follow a flag in base64. */
  bytes(flag: FlagOf<"bytes">): Uint8Array<ArrayBuffer> | undefined {
    const text = this.#last(flag);
    return text === undefined ? undefined : Uint8Array.fromBase64(text);
  }

  /** The bytes that follow a flag each time that it is there. */
  allBytes(flag: FlagOf<"bytes">): readonly Uint8Array<ArrayBuffer>[] {
    return this.#values.get(flag)?.map((text) => Uint8Array.fromBase64(text)) ?? [];
  }

  #last(flag: Flag): string | undefined {
    return this.#values.get(flag)?.at(-1);
  }
}

/** The flags of each of a shim's connections. */
export interface ConnectionFlags {
  /** Of the first. */
  readonly initial: Flags;
  /** Of those that resume a session. */
  readonly resumed: Flags;
  /** Of the rest of a connection whose early data was refused. */
  readonly retry: Flags;
}

/** Whose connections a flag is about. */
const SCOPES = [
  ["-on-initial", "initial"],
  ["-on-resume", "resumed"],
  ["-on-retry", "retry"],
] as const satisfies readonly (readonly [prefix: string, connection: keyof ConnectionFlags])[];

/** The flag of an argument without its prefixes, and what they say. */
interface ScopedFlag {
  readonly flag: string;
  /** The connections that it is about; `null` for all of them. */
  readonly connection: keyof ConnectionFlags | null;
  /** Whether it is for the second process of BoringSSL's split handshakes. */
  readonly ofHandshaker: boolean;
}

/** Takes a flag's prefixes off: first that of a process, then that of a connection. */
export function scopedFlag(arg: string): ScopedFlag {
  const ofHandshaker = arg.startsWith("-on-handshaker-");
  const flag = arg.replace(/^-on-(handshaker|shim)(?=-)/, "");
  const scope = SCOPES.find(([prefix]) => flag.startsWith(`${prefix}-`));
  return {
    flag: scope === undefined ? flag : flag.slice(scope[0].length),
    connection: scope === undefined ? null : scope[1],
    ofHandshaker,
  };
}

/**
 * Reads a shim's arguments.
 *
 * @throws {UnknownFlagError} If there is a flag that the shim does not know.
 */
export function parseFlags(args: readonly string[]): ConnectionFlags {
  const all = { initial: new Flags(), resumed: new Flags(), retry: new Flags() };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const { flag, connection, ofHandshaker } = scopedFlag(arg);
    if (!isFlag(flag)) throw new UnknownFlagError(arg);
    const values = FLAGS[flag] === "switch" ? [] : [args[++i] ?? ""];
    if (ofHandshaker) continue;
    for (const flags of connection === null ? Object.values(all) : [all[connection]]) {
      flags.add(flag, values);
    }
  }
  return all;
}

function isFlag(flag: string): flag is Flag {
  return Object.hasOwn(FLAGS, flag);
}
