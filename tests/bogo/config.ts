// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { Name } from "../../cert/names/name.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { change, type SslConfig } from "../../ssl/config/config.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import type { CertificateOptions } from "../../ssl/config/credential.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { Environment } from "../../ssl/base/environment.ts";
import type {
  ClientAuthRequest,
  ClientHelloInfo,
  SniSocketConfig,
} from "../../ssl/config/hooks.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import type { HandshakeMessage } from "../../ssl/messages/handshake.ts";
import { clientSessionCache } from "../../ssl/session/client_cache.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { NAMED_GROUPS } from "../../ssl/tables/named_groups.ts";
import { SIGNATURE_SCHEMES } from "../../ssl/tables/signature_schemes.ts";
import { PROTOCOL_VERSIONS, SUPPORTED_VERSIONS } from "../../ssl/tables/versions.ts";
import type { Flags } from "./flags.ts";

/**
 * What all connections of one shim share: the sessions, the clock, and the hooks, since sessions
 * belong to those who decide alike.
 */
export class Shim {
  /** Where clients and servers keep their sessions. */
  readonly context: NssContext = new NssContext({ trustAnchors: [] });
  /** How many sessions the client has been given. */
  newSessions = 0;
  /** The connection that is being made. */
  connection: ShimConnection | null = null;
  #delay = 0;

  constructor() {
    const cache = clientSessionCache(this.context);
    const put = cache.put.bind(cache);
    cache.put = (key, session) => {
      this.newSessions++;
      put(key, session);
    };
  }

  /**
   * A clock that stands still unless it is put forward. It shows a time when all the runner's
   * certificates were good.
   */
  readonly environment: Environment = {
    now: () => CLOCK_START + this.#delay,
    random: (length) => crypto.getRandomValues(new Uint8Array(length)),
  };

  /** The hooks of clients and servers. */
  readonly hooks = {
    authCertificate: () => authCertificate(this.connection!),
    badCert: (_socket, error) => overrides(this.connection!, error),
    handshakeCallback: () => {
      this.connection!.seen.handshakes++;
    },
    keyLog: (line) => {
      this.connection!.seen.keyLog.push(line);
    },
  } satisfies ImportOptions;

  /** The hooks of servers. */
  readonly serverHooks = {
    clientHelloCallback: (_socket, hello) => takeHello(this.connection!, hello),
    nextProtoCallback: () => chooseProtocol(this.connection!),
    sniSocketConfig: () => chooseCertificate(this.connection!),
  } satisfies ImportOptions;

  /** The hooks of clients. */
  readonly clientHooks = {
    getClientAuthData: (_socket, request) => chooseClientCertificate(this.connection!, request),
  } satisfies ImportOptions;

  /** Lets seconds pass. */
  advance(seconds: number): void {
    this.#delay += seconds * 1000;
  }
}

const CLOCK_START = Date.UTC(2014, 4, 1);

/** One connection of a shim. */
export interface ShimConnection {
  /** What it is to be like. */
  readonly flags: Flags;
  /** What its hooks have been told. */
  readonly seen: Observations;
  /** What it shows. */
  readonly credential: CertificateOptions | null;
}

/** What a connection's hooks have been told. */
export class Observations {
  /** The hello that a server was sent. */
  clientHello: ClientHelloInfo | null = null;
  /** The authorities that a server asks for. */
  caNames: readonly Name[] | null = null;
  /** The schemes that a server takes from clients. */
  peerSchemes: readonly number[] = [];
  /** How often a handshake was completed. */
  handshakes = 0;
  /** The lines of the key log. */
  readonly keyLog: string[] = [];
  /** The session ID of the last ServerHello of TLS 1.2 that was sent. */
  sentSessionId: Uint8Array<ArrayBuffer> | null = null;

  /** Looks at what is sent, and lets it pass. */
  readonly messageFilter = ({ type, body, raw }: HandshakeMessage): readonly Uint8Array<
    ArrayBuffer
  >[] => {
    if (type === HandshakeType.serverHello) {
      const length = body[SESSION_ID_OFFSET]!;
      this.sentSessionId = body.slice(SESSION_ID_OFFSET + 1, SESSION_ID_OFFSET + 1 + length);
    }
    return [raw];
  };
}

/** Behind the version and the random bytes (RFC 5246, Section 7.4.1.3). */
const SESSION_ID_OFFSET = 2 + 32;

/** Makes a connection the shim's present one. */
export async function prepare(shim: Shim, flags: Flags): Promise<ShimConnection> {
  return shim.connection = {
    flags,
    seen: new Observations(),
    credential: await readCredential(flags),
  };
}

/** The configuration of a connection. */
export function configFor(shim: Shim, { flags, credential }: ShimConnection): SslConfig {
  const isServer = flags.has("-server");
  const curves = flags.numbers("-curves");
  const config = resolveConfig({
    role: isServer ? "server" : "client",
    context: shim.context,
    // Sessions belong to a name; an address is one that does not show in the hello.
    ...(isServer ? {} : { hostname: flags.text("-host-name") ?? "127.0.0.1" }),
    caCerts: [],
    peerId: "runner",
    versions: versionsOf(flags),
    cipherSuites: [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES].map(({ name }) => name),
    signatureSchemes: known(schemesOf(flags), SIGNATURE_SCHEMES).map(({ scheme }) => scheme),
    ...(curves === undefined
      ? {}
      : { groups: known(curves, NAMED_GROUPS).map(({ name }) => name) }),
    certificates: credential === null ? [] : [credential],
    clientAuth: flags.has("-require-any-client-certificate")
      ? "require"
      : asksForCertificate(flags)
      ? "request"
      : "none",
    alpnProtocols: splitProtocols(flags.text("-advertise-alpn") ?? ""),
    ocspStapling: flags.has("-enable-ocsp-stapling"),
    signedCertTimestamps: flags.has("-enable-signed-cert-timestamps"),
    sessionTickets: !flags.has("-no-ticket"),
    // The runner ends many a connection without close_notify, and the shim is to take that for an
    // end.
    allowTruncation: !flags.has("-check-close-notify"),
    ...shim.hooks,
    ...(isServer ? shim.serverHooks : shim.clientHooks),
  });
  change(config, {
    fallbackScsv: flags.has("-fallback-scsv"),
    grease: isServer || flags.has("-enable-grease"), // BoringSSL's servers always do
    permuteExtensions: flags.has("-permute-extensions"),
    ...(flags.has("-renegotiate-freely") && { renegotiation: "UNRESTRICTED" }),
  });
  const caList = flags.text("-use-client-ca-list");
  if (caList !== undefined) change(config, { caNames: namesOf(caList) });
  return config;
}

/** BoringSSL's defaults, which the tests are about; here one list is for both. */
const VERIFYING_SCHEMES = [0x403, 0x804, 0x401, 0x503, 0x805, 0x501, 0x806, 0x601];
const SIGNING_SCHEMES = [0x807, ...VERIFYING_SCHEMES, 0x603];

/** What the flags say comes first; what they do not speak of must be there all the same. */
function schemesOf(flags: Flags): readonly number[] {
  const signing = flags.numbers("-signing-prefs");
  const verifying = flags.numbers("-verify-prefs");
  const signs = flags.has("-server") || flags.has("-cert-file");
  const verifies = !flags.has("-server") || asksForCertificate(flags);
  return [
    ...new Set([
      ...(verifies ? verifying ?? [] : []),
      ...(signs ? signing ?? SIGNING_SCHEMES : []),
      ...(verifies ? verifying ?? VERIFYING_SCHEMES : []),
    ]),
  ];
}

function asksForCertificate(flags: Flags): boolean {
  return flags.has("-verify-peer") || flags.has("-require-any-client-certificate");
}

/** The authorities' names of a list in hexadecimal, `<EMPTY>` or `<NULL>`. */
export function namesOf(list: string): readonly Name[] {
  return list.startsWith("<")
    ? []
    : list.split(",").map((name) => Name.fromDer(Uint8Array.fromHex(name)));
}

/** The length-prefixed protocols of an ALPN list. */
export function splitProtocols(list: string): readonly string[] {
  const protocols: string[] = [];
  for (let at = 0; at < list.length;) {
    const length = list.charCodeAt(at);
    protocols.push(list.slice(at + 1, at + 1 + length));
    at += 1 + length;
  }
  return protocols;
}

const REFUSAL = "SSL_ERROR_APPLICATION_ABORT";
const OCSP_REFUSAL = "SEC_ERROR_OCSP_MALFORMED_RESPONSE";

function authCertificate({ flags }: ShimConnection): boolean {
  const refused = flags.has("-use-ocsp-callback") && flags.has("-fail-ocsp-callback");
  if (refused && !flags.has("-server")) throw new SslError(OCSP_REFUSAL, "The callback refuses");
  if (!flags.has("-verify-fail")) return true;
  // The error says which alert follows, as BoringSSL's callback does.
  const isCustom = flags.has("-use-custom-verify-callback");
  throw new SslError(
    isCustom ? "SEC_ERROR_INADEQUATE_CERT_TYPE" : REFUSAL,
    "The callback refuses",
  );
}

/** BoringSSL's `SSL_VERIFY_NONE`: the callback's verdict is remembered, and changes nothing. */
function overrides({ flags }: ShimConnection, error: SslError): boolean {
  return error.name === REFUSAL && !flags.has("-verify-peer") &&
    !flags.has("-use-custom-verify-callback");
}

function takeHello({ flags, seen }: ShimConnection, hello: ClientHelloInfo): boolean {
  seen.clientHello = hello;
  seen.peerSchemes = hello.signatureSchemes;
  if (flags.has("-fail-ddos-callback")) {
    throw new SslError("SEC_ERROR_LIBRARY_FAILURE", "The callback fails");
  }
  return !flags.has("-fail-early-callback");
}

function chooseProtocol({ flags }: ShimConnection): string | null {
  if (flags.has("-reject-alpn")) {
    throw new SslError("SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL", "The callback refuses");
  }
  if (flags.has("-select-empty-alpn")) return "";
  return flags.has("-decline-alpn") ? null : flags.text("-select-alpn") ?? null;
}

function chooseCertificate({ flags, credential }: ShimConnection): SniSocketConfig | undefined {
  const failed = flags.has("-fail-cert-callback") ||
    flags.has("-use-ocsp-callback") && flags.has("-fail-ocsp-callback");
  if (failed) throw new SslError("SEC_ERROR_LIBRARY_FAILURE", "The callback fails");
  const ocsp = flags.bytes("-ocsp-response");
  if (credential === null || ocsp === undefined || !flags.has("-set-ocsp-in-callback")) return;
  return { certificates: [{ ...credential, ocsp }] };
}

function chooseClientCertificate(
  { flags, seen, credential }: ShimConnection,
  { caNames, signatureSchemes }: ClientAuthRequest,
): CertificateOptions | null {
  seen.caNames = caNames;
  seen.peerSchemes = signatureSchemes.map((scheme) =>
    SIGNATURE_SCHEMES.find((row) => row.scheme === scheme)!.id
  );
  if (flags.has("-fail-cert-callback")) {
    throw new SslError("SEC_ERROR_LIBRARY_FAILURE", "The callback fails");
  }
  return credential;
}

async function readCredential(flags: Flags): Promise<CertificateOptions | null> {
  const certFile = flags.text("-cert-file");
  const keyFile = flags.text("-key-file");
  if (certFile === undefined || keyFile === undefined) return null;
  const ocsp = flags.bytes("-ocsp-response");
  const scts = flags.bytes("-signed-cert-timestamps");
  return {
    cert: await Deno.readTextFile(certFile),
    key: await Deno.readTextFile(keyFile),
    ...(ocsp !== undefined && !flags.has("-set-ocsp-in-callback") &&
        !flags.has("-decline-ocsp-callback")
      ? { ocsp }
      : {}),
    ...(scts === undefined ? {} : { scts }),
  };
}

function versionsOf(flags: Flags): NonNullable<ImportOptions["versions"]> {
  const wanted = SUPPORTED_VERSIONS.filter((name) => {
    const version = PROTOCOL_VERSIONS[name];
    return version >= (flags.number("-min-version") ?? 0) &&
      version <= (flags.number("-max-version") || Infinity) &&
      !flags.has(name === "TLSv1.2" ? "-no-tls12" : "-no-tls13");
  });
  const [min, max] = [wanted[0], wanted.at(-1)];
  if (min === undefined || max === undefined) throw new Error("no version is left");
  return { min, max };
}

function known<R extends { readonly id: number }>(
  ids: readonly number[],
  rows: readonly R[],
): readonly R[] {
  return ids.flatMap((id) => rows.filter((row) => row.id === id));
}
