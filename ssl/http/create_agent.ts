// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes agents of node:https.

import { Agent, type AgentOptions as NodeAgentOptions, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";
import { checkServerIdentity } from "node:tls";
import { isPlain } from "../../cert/base/options.ts";
import { SslError } from "../base/errors.ts";
import { requireSslArgs } from "../config/option_values.ts";
import { NodeTlsSocket } from "../node/node_socket.ts";
import { type ClientOptions, type Opener, ownMembers, takeClientOptions } from "./open_socket.ts";

/**
 * The options of {@linkcode createAgent}.
 *
 * @category HTTP
 */
export interface AgentOptions extends ClientOptions {
  /** Node's options of the pool; here connections are kept alive by default. */
  pool?: Pick<
    NodeAgentOptions,
    | "keepAlive"
    | "keepAliveMsecs"
    | "maxFreeSockets"
    | "maxSockets"
    | "maxTotalSockets"
    | "scheduling"
    | "timeout"
  >;
}

/**
 * Creates an agent for requests of `node:https`, and of `node:http` to URLs of `https:`. It keeps
 * connections alive, and resumes the sessions of those that have ended.
 *
 * Options of TLS that a request has for itself are refused, but for `servername`: what protects one
 * request must not be forgotten for the next that uses its connection.
 *
 * @param options See {@linkcode AgentOptions}.
 * @returns The agent; `destroy()` ends its connections.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value.
 *
 * @example Usage
 * ```ts ignore
 * import { createAgent } from "@nss/nss/http";
 * import { get } from "node:https";
 *
 * const agent = createAgent({ versions: { min: "TLSv1.3" } });
 * get("https://example.com/", { agent }, (response) => response.resume())
 *   .on("error", (error) => console.error(error.message));
 * ```
 *
 * @category HTTP
 */
export function createAgent(options: AgentOptions = {}): Agent {
  const { pool = {}, ...client } = ownMembers(options);
  requireSslArgs("Cannot use options", isPlain(pool, "pool"));
  return new NssAgent(takeClientOptions(client), pool);
}

/** What a request may not have for itself; a test demands each of Node's options of TLS. */
export const REFUSED: Readonly<Record<string, Hint>> = {
  allowPartialTrustChain: "tls",
  ca: "tls",
  cert: "tls",
  checkServerIdentity: "tls",
  ciphers: "tls",
  clientCertEngine: "tls",
  crl: "tls",
  dhparam: "tls",
  ecdhCurve: "tls",
  family: "transport",
  honorCipherOrder: "tls",
  key: "tls",
  localAddress: "transport",
  localPort: "transport",
  lookup: "transport",
  maxVersion: "tls",
  minDHSize: "tls",
  minVersion: "tls",
  passphrase: "tls",
  pfx: "tls",
  privateKeyEngine: "tls",
  privateKeyIdentifier: "tls",
  pskCallback: "tls",
  rejectUnauthorized: "tls",
  secureContext: "tls",
  secureOptions: "tls",
  secureProtocol: "tls",
  sigalgs: "tls",
  socket: "transport",
  socketPath: "transport",
};

type Hint = "tls" | "transport";

const HINTS: Readonly<Record<Hint, string>> = {
  tls: "give createAgent the options of importFD, such as caCerts or certificates, and have an " +
    "agent for each set of them",
  transport: "give createAgent the option connect, which opens the connection",
};

class NssAgent extends Agent {
  readonly #open: Opener;

  constructor(open: Opener, pool: NonNullable<AgentOptions["pool"]>) {
    super({ keepAlive: true, ...pool });
    this.#open = open;
  }

  /** The pool asks for each request, also of one that finds a connection. */
  override getName(options: RequestOptions = {}): string {
    for (const [name, hint] of Object.entries(REFUSED)) {
      const value: unknown = Reflect.get(options, name);
      const isDefault = value === undefined || value === null || value === 0 ||
        (name === "rejectUnauthorized" && value === true) ||
        (name === "checkServerIdentity" && value === checkServerIdentity); // as got gives it
      if (isDefault) continue;
      throw new SslError(
        "SEC_ERROR_INVALID_ARGS",
        `Cannot use option ${name} of a request: ${HINTS[hint]}`,
      );
    }
    return super.getName(options);
  }

  override createConnection(options: RequestOptions): Duplex {
    const { host, port, servername } = options;
    const to = { hostname: host ?? "localhost", port: Number(port ?? 443) };
    const name = servername || to.hostname;
    return new NodeTlsSocket((signal) => this.#open(to, name, signal));
  }
}
