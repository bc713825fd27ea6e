// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The flags that BoringSSL's runner gives a shim: one dash, the value in the next argument.
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
  "-server": "switch",
  "-resume-count": "number",
  "-resumption-delay": "number",

  "-cert-file": "text",
  "-key-file": "text",
  "-host-name": "text",
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

  "-implicit-handshake": "switch",
  "-shim-writes-first": "switch",
  "-shim-shuts-down": "switch",
  "-check-close-notify": "switch",
  "-read-size": "number",
  "-read-with-unfinished-write": "switch",
  "-write-different-record-sizes": "switch",
  "-key-update": "switch",
  "-no-op-extra-handshake": "switch",
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
  "-expect-hrr": "switch",
  "-expect-no-hrr": "switch",
  "-expect-extended-master-secret": "switch",
  "-expect-secure-renegotiation": "switch",
  "-expect-no-secure-renegotiation": "switch",
  "-expect-total-renegotiations": "number",
  "-expect-session-miss": "switch",
  "-expect-no-session": "switch",
  "-expect-ticket-renewal": "switch",
  "-expect-session-id": "switch",
  "-expect-no-session-id": "switch",
  "-expect-verify-result": "switch",
  "-expect-peer-cert-file": "text",
  "-expect-client-ca-list": "text",
  "-expect-ocsp-response": "bytes",
  "-expect-signed-cert-timestamps": "bytes",

  "-async": "switch",
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
} as const satisfies Readonly<Record<string, Kind>>;

type Flag = keyof typeof FLAGS;
type FlagOf<K extends Kind> = {
  [F in Flag]: (typeof FLAGS)[F] extends K ? F : never;
}[Flag];

/** A flag that the shim does not know, which the runner takes for a feature that is not there. */
export class UnknownFlagError extends Error {}

/** The flags of one connection. */
export class Flags {
  readonly #values: ReadonlyMap<Flag, readonly string[]>;

  constructor(values: ReadonlyMap<Flag, readonly string[]>) {
    this.#values = values;
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

  #last(flag: Flag): string | undefined {
    return this.#values.get(flag)?.at(-1);
  }
}

/** Whose connections a flag is about. */
const SCOPES: readonly (readonly [prefix: string, initial: boolean, resumed: boolean])[] = [
  ["-on-initial", true, false],
  ["-on-resume", false, true],
];

/**
 * Reads a shim's arguments.
 *
 * @returns The flags of the first connection, and those of the connections after it.
 * @throws {UnknownFlagError} If there is a flag that the shim does not know.
 */
export function parseFlags(args: readonly string[]): { initial: Flags; resumed: Flags } {
  const initial = new Map<Flag, string[]>();
  const resumed = new Map<Flag, string[]>();
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    const scope = SCOPES.find(([prefix]) => arg.startsWith(`${prefix}-`));
    const flag = scope === undefined ? arg : arg.slice(scope[0].length);
    if (!isFlag(flag)) throw new UnknownFlagError(arg);
    const values = FLAGS[flag] === "switch" ? [] : [args[++i] ?? ""];
    if (scope?.[1] ?? true) add(initial, flag, values);
    if (scope?.[2] ?? true) add(resumed, flag, values);
  }
  return { initial: new Flags(initial), resumed: new Flags(resumed) };
}

function isFlag(flag: string): flag is Flag {
  return Object.hasOwn(FLAGS, flag);
}

function add(flags: Map<Flag, string[]>, flag: Flag, values: readonly string[]): void {
  flags.set(flag, [...flags.get(flag) ?? [], ...values]);
}
