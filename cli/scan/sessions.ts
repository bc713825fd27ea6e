// Copyright 2026 the NSS for Deno authors. MIT license.

/** Whether a server resumes sessions and renegotiates: by complete handshakes. @module */

import { NssError } from "../../cert/base/errors.ts";
import {
  type ChannelInfo,
  getResumptionTokenInfo,
  type ImportOptions,
  optionSet,
  reHandshake,
  setResumptionToken,
  type SslSocket,
  writeEarlyData,
} from "../../ssl/mod.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { isSchemeAvailable, SIGNATURE_SCHEMES } from "../../ssl/tables/signature_schemes.ts";
import type { ProtocolVersion } from "../../ssl/tables/versions.ts";
import { NoAnswer } from "./pace.ts";
import type { Prober } from "./prober.ts";

/** How long a server may take to give tickets, in milliseconds. */
const PATIENCE = 1000;

/** The most bytes of a server that speaks first. */
const MAX_READ = 256 * 1024;

/** What this package's client can speak: more than it does by default. */
const EVERYTHING = {
  cipherSuites: [
    ...CIPHER_SUITES.map(({ name }) => name),
    ...TLS12_CIPHER_SUITES.filter(({ auth }) => auth !== "psk").map(({ name }) => name),
  ],
  signatureSchemes: SIGNATURE_SCHEMES.map(({ scheme }) => scheme).filter(isSchemeAvailable),
} satisfies ImportOptions;

/** The code points of the suites with which a handshake of this program can end. */
export const SPOKEN_SUITES: ReadonlySet<number> = new Set(
  [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES.filter(({ auth }) => auth !== "psk")]
    .map(({ id }) => id),
);

/** A connection that was made, and what the server gave with it. */
interface Session {
  readonly info: ChannelInfo;
  /** Whether early data without a byte was accepted; `null` where none was tried. */
  readonly earlyData: boolean | null;
  readonly tokens: readonly Uint8Array<ArrayBuffer>[];
}

/** Reads what the server says behind the handshake, where its tickets are. */
async function waitForTickets(socket: SslSocket): Promise<void> {
  const timer = setTimeout(() => socket.close().catch(() => {}), PATIENCE);
  try {
    await socket.closeWrite();
    const buffer = new Uint8Array(16_384);
    let size = 0;
    for (let length; size < MAX_READ && (length = await socket.read(buffer)) !== null;) {
      size += length;
    }
  } catch (error) {
    if (!(error instanceof NssError)) throw error; // the server ends it as it likes
  } finally {
    clearTimeout(timer);
  }
}

async function connect(
  prober: Prober,
  version: ProtocolVersion,
  token: Uint8Array | null,
): Promise<Session> {
  const tokens: Uint8Array<ArrayBuffer>[] = [];
  const socket = await prober.connect({
    ...EVERYTHING,
    versions: { min: version, max: version },
    resumptionTokenCallback: (_socket, given) => void tokens.push(given.slice()),
  });
  try {
    if (token !== null) setResumptionToken(socket, token);
    const allows = token !== null && getResumptionTokenInfo(token).maxEarlyDataSize > 0;
    const early = allows ? await writeEarlyData(socket, new Uint8Array(0)) : null;
    const info = await socket.handshake();
    // TLS 1.2 gives its ticket within the handshake
    if (token === null && version === "TLSv1.3") await waitForTickets(socket);
    await socket.close().catch(() => {});
    return { info, tokens, earlyData: early === null ? null : early.outcome === "accepted" };
  } catch (error) {
    await socket.close().catch(() => {});
    if (error instanceof NssError) throw new NoAnswer(`the handshake failed: ${error.message}`);
    throw error;
  }
}

/** How sessions of a version can be resumed. */
export interface Resumption {
  /** Whether the second connection has resumed the first. */
  readonly resumed: boolean;
  /** How many tokens the first has given. */
  readonly tokens: number;
  /** How many seconds the session is valid; `null` for none. */
  readonly lifetime: number | null;
  /** How many bytes of early data are allowed. */
  readonly maxEarlyData: number;
  /** Whether early data without a byte was accepted; `null` where none is allowed. */
  readonly earlyData: boolean | null;
}

/** Makes two connections, the second of which tries to resume the first. */
export async function probeResumption(
  prober: Prober,
  version: ProtocolVersion,
): Promise<Resumption> {
  const { tokens } = await connect(prober, version, null);
  const [token] = tokens;
  if (token === undefined) {
    return { resumed: false, tokens: 0, lifetime: null, maxEarlyData: 0, earlyData: null };
  }
  const { expirationTime, maxEarlyDataSize } = getResumptionTokenInfo(token);
  const lifetime = Math.round((expirationTime.getTime() - Date.now()) / 1000);
  const { info, earlyData } = await connect(prober, version, token);
  return {
    resumed: info.resumed,
    tokens: tokens.length,
    lifetime,
    maxEarlyData: maxEarlyDataSize,
    earlyData,
  };
}

/** Has the client begin to renegotiate in TLS 1.2. */
export async function probeClientRenegotiation(
  prober: Prober,
  timeout: number,
): Promise<"accepted" | "refused" | "ignored"> {
  const socket = await prober.connect({
    ...EVERYTHING,
    versions: { min: "TLSv1.2", max: "TLSv1.2" },
  });
  optionSet(socket, "ENABLE_RENEGOTIATION", "UNRESTRICTED");
  try {
    try {
      await socket.handshake();
    } catch (error) {
      if (error instanceof NssError) throw new NoAnswer(`the handshake failed: ${error.message}`);
      throw error;
    }
    await reHandshake(socket, true, { timeout });
    return "accepted";
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    if (error.name === "PR_IO_TIMEOUT_ERROR") return "ignored";
    // Some servers end the connection as their refusal; one that has ended it before says nothing
    const isRefusal = /_ALERT$|^PR_(?:END_OF_FILE|CONNECT_RESET)_ERROR$/.test(error.name);
    if (isRefusal) return "refused";
    throw new NoAnswer(`it could not be tried: ${error.message}`, { isLimit: true });
  } finally {
    await socket.close().catch(() => {});
  }
}
