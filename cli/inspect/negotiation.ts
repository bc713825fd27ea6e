// Copyright 2026 the NSS for Deno authors. MIT license.

/** What was negotiated, and why: of what both ends prefer. @module */

import type { ChannelInfo } from "../../ssl/mod.ts";
import type { SslConfig } from "../../ssl/config/config.ts";
import { keyShareClientHello } from "../../ssl/extensions/key_share.ts";
import { PSK_DHE_KE, pskKeyExchangeModes } from "../../ssl/extensions/psk_key_exchange_modes.ts";
import { sessionTicket } from "../../ssl/extensions/session_ticket.ts";
import type { ClientHello } from "../../ssl/messages/client_hello.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { describeVersion, TLS_1_2, TLS_1_3 } from "../../ssl/tables/versions.ts";
import { count, join, safe } from "../base/text.ts";
import { groupName } from "../explain/names.ts";
import { type Offer, offerOf } from "../explain/offer.ts";
import { subjectOf } from "../explain/subject.ts";

/** Something that was agreed on. */
export interface Choice {
  /** What it is, as `cipher suite`. */
  readonly what: string;
  /** What was chosen. */
  readonly chosen: string;
  /** Why. */
  readonly why: string;
  /** What the client offered, in its order; empty where there is nothing to choose from. */
  readonly client: readonly string[];
  /** What the server takes, in its order. */
  readonly server: readonly string[];
}

/** What both ends have said. */
export interface Negotiation {
  /** The first ClientHello. */
  readonly hello: ClientHello;
  /** What came of it. */
  readonly info: ChannelInfo;
  /** The server's configuration, as handshakes use it. */
  readonly config: SslConfig;
}

function isTls13({ info }: Negotiation): boolean {
  return info.version === "TLSv1.3";
}

/** The suites of a version: those of TLS 1.3 name no key exchange. */
function suitesOf(names: readonly string[], version: ChannelInfo["version"]): readonly string[] {
  return names.filter((name) => name.includes("_WITH_") !== (version === "TLSv1.3"));
}

function version({ info, config }: Negotiation, offer: Offer): Choice {
  const server = [TLS_1_3, TLS_1_2]
    .filter((one) => one >= config.minVersion && one <= config.maxVersion).map(describeVersion);
  const chosen = info.version.replace("TLSv", "TLS ");
  const newest = server[0] === chosen;
  const why = server.length === 1
    ? "this port takes no other"
    : newest
    ? "the newest of this server, and the client offers it"
    : `the newest that the client offers; this server has ${server[0]}, too`;
  return { what: "version", chosen, why, client: offer.versions, server };
}

function suite(negotiation: Negotiation, offer: Offer): Choice {
  const { info, config } = negotiation;
  const client = suitesOf(offer.cipherSuites, info.version);
  const own = isTls13(negotiation) ? config.cipherSuites : config.tls12CipherSuites;
  const server = own.map(({ name }) => name);
  const { cipherSuite: chosen } = info;
  const [key] = info.localCertificates;
  const kind = key === undefined
    ? ""
    : ` and that goes with the server's ${
      key.subjectPublicKeyInfo.algorithm.type.startsWith("rsa") ? "RSA" : "ECDSA"
    } key`;
  const rule = info.resumed && !isTls13(negotiation)
    ? "that of the session that was resumed"
    : isTls13(negotiation)
    ? "the server's order decides: its first that the client offers"
    : `the server's order decides: its first that the client offers${kind}`;
  const first = client[0];
  const why = first === undefined || first === chosen
    ? `${rule}; it is the client's first, too`
    : `${rule}; the client would rather have ${first}`;
  return { what: "cipher suite", chosen, why, client, server };
}

function quantum(group: string): string {
  return group.includes("MLKEM")
    ? "what is recorded today, no later quantum computer decrypts"
    : "what is recorded today, a later quantum computer may decrypt";
}

function keyExchange(negotiation: Negotiation, offer: Offer): Choice {
  const { hello, info, config } = negotiation;
  const usable = config.groups.filter(({ tls12 }) => tls12 || isTls13(negotiation));
  const server: readonly string[] = usable.map(({ name }) => name);
  const base = { what: "key exchange", client: offer.groups, server };
  if (info.group === "") {
    return { ...base, chosen: "none", why: "a resumed session of TLS 1.2 has the keys of the old" };
  }
  const shares = (hello.extensions?.get(keyShareClientHello) ?? [])
    .map(({ group }) => groupName(group)).filter((name) => offer.groups.includes(name));
  const better = server.slice(0, server.indexOf(info.group))
    .find((name) => offer.groups.includes(name));
  const how = !isTls13(negotiation)
    ? "the server's order decides: its first that the client offers"
    : info.helloRetryRequest
    ? `the client sent key shares of ${
      join(shares) || "no known group"
    } only: the server asked for this one (HelloRetryRequest), which took a round trip`
    : better === undefined
    ? "the server's first that the client offers, and its key share was sent at once"
    : `its key share was sent at once; ${better}, which the server prefers, would have taken a ` +
      "round trip more";
  return { ...base, chosen: info.group, why: `${how}; ${quantum(info.group)}` };
}

function signature({ info, config }: Negotiation, offer: Offer): Choice {
  const base = {
    what: "signature",
    client: offer.signatureSchemes,
    server: config.signatureSchemes,
  };
  return info.localSignatureScheme === null
    ? {
      ...base,
      chosen: "none",
      why: "a resumed session needs none: both ends still have its keys",
    }
    : {
      ...base,
      chosen: info.localSignatureScheme,
      why:
        "the server has signed the handshake with it: the first of its list that goes with its " +
        "key, and that the client takes",
    };
}

function certificate({ info, config }: Negotiation): Choice {
  const [leaf] = info.localCertificates;
  const names = config.credentials.map(({ certificate }) => subjectOf(certificate));
  const asked = info.serverName;
  const why = names.length < 2
    ? "the only one of this server"
    : asked === null
    ? "the first that goes with what the client offers: it names no host"
    : `for "${safe(asked)}", or the first where none has that name`;
  return {
    what: "certificate",
    chosen: leaf === undefined ? "none" : subjectOf(leaf),
    why,
    client: asked === null ? [] : [safe(asked)],
    server: names,
  };
}

function protocol({ info, config }: Negotiation, offer: Offer): Choice {
  const client = offer.alpnProtocols.map((name) => safe(name));
  const server = config.alpnProtocols;
  const chosen = info.alpnProtocol === null ? "none" : safe(info.alpnProtocol);
  const why = client.length === 0
    ? "the client offers none (ALPN); HTTP/1.1 is spoken"
    : server.includes("h2")
    ? "the server's order decides: its first that the client offers"
    : "this server has HTTP/1.1 only, in which each page gets a connection, and so a handshake, " +
      "of its own";
  return { what: "protocol", chosen, why, client, server };
}

function clientCertificate({ info, config }: Negotiation): Choice {
  const [client] = info.peerCertificates;
  const asked = config.clientAuth !== "none";
  const why = !asked
    ? "this port asks for none"
    : client !== undefined
    ? info.resumed
      ? "shown when the session began"
      : "this port asks for one, and the client has shown this one"
    : "this port asks for one, and the client has shown none";
  return {
    what: "client certificate",
    chosen: client === undefined ? "none" : subjectOf(client),
    why,
    client: [],
    server: [],
  };
}

/** What was negotiated, in the order in which it is decided. */
export function choicesOf(negotiation: Negotiation): readonly Choice[] {
  const offer = offerOf(negotiation.hello);
  return [
    version(negotiation, offer),
    suite(negotiation, offer),
    keyExchange(negotiation, offer),
    certificate(negotiation),
    signature(negotiation, offer),
    protocol(negotiation, offer),
    clientCertificate(negotiation),
  ];
}

/** Whether something of a session was done, and why. */
export interface SessionPart {
  /** Whether it was done; for a key update, whether it can be. */
  readonly done: boolean;
  /** In words. */
  readonly says: string;
}

/** What of the connection outlives it, or comes before it. */
export interface Sessions {
  /** Whether an earlier session was resumed. */
  readonly resumption: SessionPart;
  /** Whether data came in the first flight. */
  readonly earlyData: SessionPart;
  /** Whether the keys can be changed on the way. */
  readonly keyUpdate: SessionPart;
}

function resumption({ hello, info, config }: Negotiation): SessionPart {
  if (info.resumed) {
    return {
      done: true,
      says: "an earlier session was resumed: no certificate was sent, and nothing signed" +
        (info.version === "TLSv1.3"
          ? "; a new key exchange keeps forward secrecy"
          : "; its keys are those of the old session"),
    };
  }
  const { extensions, legacySessionId } = hello;
  const offered = info.version === "TLSv1.3"
    ? extensions?.has(ExtensionType.preSharedKey)
    : (extensions?.get(sessionTicket)?.length ?? 0) > 0 || legacySessionId.length > 0;
  const canResume = info.version === "TLSv1.3"
    ? extensions?.get(pskKeyExchangeModes)?.includes(PSK_DHE_KE)
    : extensions?.has(ExtensionType.sessionTicket);
  const why = !config.sessionTickets
    ? "this port resumes none"
    : offered
    ? "the client offers one that this port cannot resume: it is of another port, too old, or of a " +
      "server that has ended meanwhile"
    : canResume
    ? "the client offers none yet; it gets a ticket with this answer: load the page again"
    : "the client cannot resume any: it takes no tickets";
  return { done: false, says: `a full handshake: ${why}` };
}

function earlyData({ hello, info, config }: Negotiation): SessionPart {
  if (info.earlyDataAccepted) {
    return {
      done: true,
      says:
        `${count(info.earlyDataLength, "byte")} came in the first flight (0-RTT); whoever has ` +
        "recorded them might have sent them again, which this server prevents as far as it can",
    };
  }
  const isOffered = hello.extensions?.has(ExtensionType.earlyData) ?? false;
  const says = info.version !== "TLSv1.3"
    ? "none: TLS 1.2 has no early data"
    : isOffered
    ? "offered, and refused: the client sends its request again behind the handshake"
    : config.maxEarlyData === 0
    ? "none: this port takes none"
    : info.resumed
    ? "none: the client sends none, though its ticket may allow it; browsers seldom do"
    : "none: it needs a session to be resumed; load the page again";
  return { done: false, says };
}

function keyUpdate({ info, hello }: Negotiation): SessionPart {
  if (info.version === "TLSv1.3") {
    return {
      done: true,
      says:
        "either end may go on with new keys at any time (KeyUpdate), as before 2^24.5 records " +
        "of AES-GCM",
    };
  }
  return {
    done: false,
    says: "TLS 1.2 has no KeyUpdate; new keys take a whole new handshake (renegotiation), which " +
      (info.secureRenegotiation
        ? "both ends could do securely (RFC 5746)"
        : "this client cannot do securely") +
      (hello.extensions?.has(ExtensionType.extendedMasterSecret)
        ? ""
        : "; the keys are not bound to the handshake (no extended master secret)"),
  };
}

/** What is to be said of sessions. */
export function sessionsOf(negotiation: Negotiation): Sessions {
  return {
    resumption: resumption(negotiation),
    earlyData: earlyData(negotiation),
    keyUpdate: keyUpdate(negotiation),
  };
}
