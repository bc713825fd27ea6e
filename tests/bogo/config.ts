// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Name } from "../../cert/names/name.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { change, type SslConfig } from "../../ssl/config/config.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import type { AntiReplayContext } from "../../ssl/base/anti_replay.ts";
import { createAntiReplayContext } from "../../ssl/nss/early_data.ts";
import type { EchKey } from "../../ssl/config/ech_key.ts";
import type { Environment } from "../../ssl/base/environment.ts";
import type { ClientHelloInfo, RawPublicKeyHook } from "../../ssl/config/hooks.ts";
import type { ImportOptions, RawPublicKeyOptions } from "../../ssl/config/import_options.ts";
import type { HandshakeMessage } from "../../ssl/messages/handshake.ts";
import { clientSessionCache } from "../../ssl/session/client_cache.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { NAMED_GROUPS } from "../../ssl/tables/named_groups.ts";
import { SIGNATURE_SCHEMES } from "../../ssl/tables/signature_schemes.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import {
  authCertificate,
  chooseCertificates,
  chooseClientCertificate,
  chooseProtocol,
  overrides,
  takeHello,
} from "./callbacks.ts";
import { readCredentials, type ShimCredential } from "./credentials.ts";
import { pskSettings } from "./psk.ts";
import { earlyDataOptions, TICKET_AGE_WINDOW } from "./early_data.ts";
import { echOptions, echSettings, readEchKeys } from "./ech.ts";
import type { Flags } from "./flags.ts";
import {
  asksForCertificate,
  known,
  namesOf,
  schemesOf,
  splitProtocols,
  versionsOf,
} from "./offers.ts";
import { isExpectedKey, rawPublicKeysOf } from "./raw_public_keys.ts";

/**
 * What all connections of one shim share: the sessions, the clock, and the hooks, since sessions
 * belong to those who decide alike.
 */
export class Shim {
  /** Where clients and servers keep their sessions. */
  readonly context: NssContext = new NssContext({ trustAnchors: [] });
  /** What keeps the server's early data from being replayed. */
  readonly antiReplay: AntiReplayContext = createAntiReplayContext({ window: TICKET_AGE_WINDOW });
  /** How many sessions the client has been given. */
  newSessions = 0;
  /** How much early data the last of them allows. */
  maxEarlyData = 0;
  /** The connection that is being made. */
  connection: ShimConnection | null = null;
  #delay = 0;

  constructor() {
    const cache = clientSessionCache(this.context);
    const put = cache.put.bind(cache);
    cache.put = (key, session) => {
      this.newSessions++;
      this.maxEarlyData = session.version === TLS_1_3 ? session.maxEarlyData : 0;
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
    sniSocketConfig: () => chooseCertificates(this.connection!),
  } satisfies ImportOptions;

  /** The hooks of clients. */
  readonly clientHooks = {
    getClientAuthData: (_socket, request) => chooseClientCertificate(this.connection!, request),
  } satisfies ImportOptions;

  /** Decides on raw public keys, for clients and servers. */
  readonly acceptKey: RawPublicKeyHook = (_socket, peer) =>
    isExpectedKey(this.connection!.flags, peer);

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
  /** What it may show, in the order of preference. */
  readonly credentials: readonly ShimCredential[];
  /** The raw public keys that it shows and takes. */
  readonly rawPublicKeys: RawPublicKeyOptions | undefined;
  /** A server's keys of Encrypted Client Hello. */
  readonly echKeys: readonly EchKey[];
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
  /** Which credential has signed; -1 for the one that is there without a flag of its own. */
  selectedCredential = -1;
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
  const seen = new Observations();
  const credentials = await readCredentials(flags, (number) => {
    seen.selectedCredential = number;
  });
  const rawPublicKeys = await rawPublicKeysOf(flags, shim.acceptKey);
  const echKeys = await readEchKeys(flags);
  return shim.connection = { flags, seen, credentials, rawPublicKeys, echKeys };
}

/** The configuration of a connection. */
export function configFor(
  shim: Shim,
  { flags, credentials, rawPublicKeys, echKeys }: ShimConnection,
): SslConfig {
  const isServer = flags.has("-server");
  const curves = flags.numbers("-curves");
  const keyShares = flags.numbers("-key-shares");
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
    ...(rawPublicKeys !== undefined && { rawPublicKeys }),
    certificates: credentials.map(({ options }) => options),
    clientAuth: flags.has("-require-any-client-certificate")
      ? "require"
      : asksForCertificate(flags)
      ? "request"
      : "none",
    alpnProtocols: splitProtocols(flags.text("-advertise-alpn") ?? ""),
    ocspStapling: flags.has("-enable-ocsp-stapling"),
    signedCertTimestamps: flags.has("-enable-signed-cert-timestamps"),
    sessionTickets: !flags.has("-no-ticket"),
    ...(isServer ? earlyDataOptions(flags) : {}),
    // The runner ends many a connection without close_notify, and the shim is to take that for an
    // end.
    allowTruncation: !flags.has("-check-close-notify"),
    ...(isServer ? { echKeys } : echOptions(flags)),
    ...shim.hooks,
    ...(isServer ? shim.serverHooks : shim.clientHooks),
  });
  change(config, {
    antiReplay: shim.antiReplay,
    fallbackScsv: flags.has("-fallback-scsv"),
    grease: isServer || flags.has("-enable-grease"), // BoringSSL's servers always do
    permuteExtensions: flags.has("-permute-extensions"),
    ...(!isServer && keyShares !== undefined && { keyShares: known(keyShares, NAMED_GROUPS) }),
    requireSafeNegotiation: !isServer && flags.has("-no-legacy-server-connect"),
    ...(isServer && echSettings(flags)),
    ...(flags.has("-renegotiate-freely") && { renegotiation: "UNRESTRICTED" }),
    ...pskSettings(flags),
  });
  const caList = flags.text("-use-client-ca-list");
  if (caList !== undefined) change(config, { caNames: namesOf(caList) });
  return config;
}
