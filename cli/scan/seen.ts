// Copyright 2026 the NSS for Deno authors. MIT license.

/** What was seen of a server, in names. @module */

import type { CertificateReport } from "../net/report.ts";
import type { Diagnosis } from "../net/diagnosis.ts";

/** What a server takes of a list. */
export interface Choices {
  /** The names, in the order of the server's preference; else as they were offered. */
  readonly names: readonly string[];
  /** Whose preference counts; `null` if there is one name only, or it is not known. */
  readonly order: "server" | "client" | null;
  /** Whether all was asked: else there may be more. */
  readonly complete: boolean;
}

/** A version. */
export interface VersionSeen extends Choices {
  /** Its name, as `TLS 1.2`. */
  readonly version: string;
  /** Whether the server has it; `null` if it is not known. `names` are its cipher suites. */
  readonly offered: boolean | null;
}

/** A certificate that the server has shown, with its chain. */
export interface CertificateSeen {
  /** The key, as `ec P-256`. */
  readonly key: string;
  /** The chain, as `nss client` has it. */
  readonly chain: readonly CertificateReport[];
  /** What is wrong with it. */
  readonly problems: readonly Diagnosis[];
  /** Which presets do not allow it, each with the reason. */
  readonly forbiddenBy: Readonly<Record<string, string>>;
  /** What the OCSP response says that was stapled to it; `null` if none was. */
  readonly ocsp: string | null;
  /** Whether it names an OCSP responder, of which a response could be stapled. */
  readonly hasResponder: boolean;
}

/** How a session can be resumed; `null` where it is not known. */
export interface SessionsSeen {
  /** Whether TLS 1.2 names sessions by identifiers, which the server may remember. */
  readonly tls12Ids: boolean | null;
  /** Whether TLS 1.2 gives tickets. */
  readonly tls12Tickets: boolean | null;
  /** Whether a second connection of TLS 1.2 has resumed the first. */
  readonly tls12Resumed: boolean | null;
  /** Whether a second connection of TLS 1.3 has resumed the first. */
  readonly tls13Resumed: boolean | null;
  /** How many tickets TLS 1.3 gives after a handshake. */
  readonly tickets: number | null;
  /** How many seconds the first of them is valid. */
  readonly lifetime: number | null;
  /** How many bytes of early data a ticket allows. */
  readonly maxEarlyData: number | null;
  /** Whether early data without a byte in it was accepted; `null` where none is allowed. */
  readonly earlyData: boolean | null;
}

/** What a server that is fed with something unusual does. */
export interface ToleranceSeen {
  /** What it was fed with. */
  readonly what: string;
  /** Whether it goes on as it should; `null` if it is not known. */
  readonly tolerated: boolean | null;
  /** What it did. */
  readonly says: string;
}

/** Something that is not known. */
export interface Unknown {
  /** What was to be found out. */
  readonly what: string;
  /** Why it was not. */
  readonly why: string;
  /** Whether this program cannot find it out, so that asking again does not help. */
  readonly isLimit: boolean;
}

/** What was seen of a server. */
export interface Seen {
  /** The versions, the oldest first. */
  readonly versions: readonly VersionSeen[];
  /** The groups of TLS 1.3; `null` without. */
  readonly tls13Groups: Choices | null;
  /** The curves of TLS 1.2 and before; `null` without ECDHE. */
  readonly tls12Groups: Choices | null;
  /** The bits of the smallest prime of Diffie-Hellman; `null` if there was none. */
  readonly dhBits: number | null;
  /** What it does with a key share of a group that is not its favourite; `null` if unknown. */
  readonly helloRetryRequest: string | null;
  /** The signature schemes of TLS 1.3. */
  readonly tls13Schemes: Choices | null;
  /** The signature schemes of TLS 1.2. */
  readonly tls12Schemes: Choices | null;
  /** The extensions that the server has answered. */
  readonly extensions: readonly string[];
  /** The application protocols; `null` if it is not known. */
  readonly alpn: Choices | null;
  /** The sessions. */
  readonly sessions: SessionsSeen;
  /** Whether TLS 1.2 and before renegotiate securely (RFC 5746). */
  readonly secureRenegotiation: boolean | null;
  /** What the server does when the client begins to renegotiate. */
  readonly clientRenegotiation: "accepted" | "refused" | "ignored" | null;
  /** Whether the server compresses what it sends. */
  readonly compression: boolean | null;
  /** Whether the server refuses a client that has fallen back needlessly (RFC 7507). */
  readonly fallbackScsv: boolean | null;
  /** Whether TLS 1.2 and before have the extended master secret (RFC 7627). */
  readonly extendedMasterSecret: boolean | null;
  /** Whether CBC suites encrypt before the MAC (RFC 7366); `null` without such suites. */
  readonly encryptThenMac: boolean | null;
  /** Whether a client certificate was asked for. */
  readonly clientCertificate: boolean | null;
  /** The public names of the ECH configurations that the server gives; `null` if it gives none. */
  readonly ech: readonly string[] | null;
  /** The certificates, one for each kind of key and more. */
  readonly certificates: readonly CertificateSeen[];
  /** What the server does with what is unusual. */
  readonly tolerance: readonly ToleranceSeen[];
  /** What is not known. */
  readonly notKnown: readonly Unknown[];
}

/** What is known of a server in which nothing was found. */
export const NO_SESSIONS: SessionsSeen = {
  tls12Ids: null,
  tls12Tickets: null,
  tls12Resumed: null,
  tls13Resumed: null,
  tickets: null,
  lifetime: null,
  maxEarlyData: null,
  earlyData: null,
};
