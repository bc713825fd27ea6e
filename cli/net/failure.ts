// Copyright 2026 the NSS for Deno authors. MIT license.

/** Why a connection or a handshake has failed, and what would fix it. @module */

import { NssError } from "../../cert/base/errors.ts";
import { describeVersion } from "../../ssl/tables/versions.ts";
import { type Advice, adviceOf } from "../base/advice.ts";
import { count, join, safe } from "../base/text.ts";
import { beginningOf, type Greeting, looksLikeTls, recognize } from "../explain/not_tls.ts";
import type { Offer } from "../explain/offer.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { usualOn } from "./usual_protocol.ts";
import { PlainTextError } from "./plain_text.ts";
import { STARTTLS, type StartTlsName } from "./starttls.ts";

/** What a failed handshake is explained by. */
export interface Failed {
  /** What has ended it. */
  readonly error: NssError | PlainTextError;
  /** What the server has sent first. */
  readonly received: Uint8Array;
  /** What was offered; `null` if no ClientHello was sent. */
  readonly offer: Offer | null;
  /** Whether the server has asked for a client certificate. */
  readonly wantsCertificate: boolean;
  /** Whether one was shown. */
  readonly showsCertificate: boolean;
  /** The old version that the server has, as it was asked; `null` if none, or nobody asked. */
  readonly oldVersion: number | null;
  /** The protocol whose plain text went before. */
  readonly starttls: StartTlsName | null;
  /** The port that was connected to. */
  readonly port: number;
}

const OTHER_PORT =
  "look at the port: the one with TLS is another, or enable TLS in the server's configuration";

/** How to speak with a server whose protocol was recognized. */
function cureOf({ starttls }: Greeting): string {
  return starttls === null
    ? OTHER_PORT
    : `start TLS in the way of the protocol: --starttls ${starttls}`;
}

function notTls(received: Uint8Array): Advice {
  const found = recognize(received);
  const shown = beginningOf(received);
  if (found === null || found.isTls) {
    return {
      cause: `the server does not speak TLS on this port: its answer begins with ${shown}`,
      cure:
        "look at the port, and at the server's configuration; a protocol that begins in plain " +
        "text needs --starttls",
    };
  }
  return {
    cause: `the server does not speak TLS on this port, but ${found.name}: its answer ` +
      `begins with ${shown}`,
    cure: cureOf(found),
  };
}

/** Explains plain text before TLS that is not as it should be. */
function plainText(
  { fault, received }: PlainTextError,
  starttls: StartTlsName | null,
): Advice {
  const name = starttls ?? "the protocol";
  const enable = starttls === null ? "" : ` (${STARTTLS[starttls].enable})`;
  const enableIt = `enable TLS in the server's configuration${enable}`;
  switch (fault) {
    case "notOffered":
      return {
        cause: "the server has no TLS on this port: it is switched off, it has no certificate, " +
          "or somebody between takes the offer away",
        cure: `${enableIt}, or look at the port`,
      };
    case "refused":
      return {
        cause: `the server speaks ${name}, and does not go on: it may be busy, not like this ` +
          "client, or have no TLS",
        cure: `look at the server's log, and ${enableIt}`,
      };
    case "injected":
      return {
        cause: "somebody between may have put that text there, to have it taken for the " +
          "server's own; a server that is broken does so, too",
        cure: "do not use this connection; try from another network, and update the server",
      };
    case "otherProtocol":
    case "ended":
      return otherProtocol(recognize(received), name, enableIt);
  }
}

function otherProtocol(
  found: Greeting | null,
  name: string,
  enableIt: string,
): Advice {
  if (found?.isTls) {
    return {
      cause: "the server begins with TLS at once on this port, without plain text",
      cure: "leave out --starttls, or look at the port",
    };
  }
  if (found !== null && found.starttls !== name) {
    return {
      cause: `the server does not speak ${name} on this port, but ${found.name}`,
      cure: `look at --starttls and at the port${
        found.starttls === null ? "" : `: this one wants --starttls ${found.starttls}`
      }`,
    };
  }
  return {
    cause: `the plain text before TLS is not as ${name} has it, or the server has no TLS`,
    cure: `look at the port and at --starttls, and ${enableIt}`,
  };
}

function silence({ starttls, port }: Failed): Advice {
  return {
    cause: "the server accepts the connection and says nothing: it hangs, waits for something " +
      "else than TLS, or something between drops the ClientHello",
    cure: "look whether the server is busy or stopped, and at the port" +
      (starttls === null ? `; ${portAdvice(port)}` : "") +
      "; a firewall that drops long ClientHellos shows itself by --groups x25519",
  };
}

const SLOWNESS: Advice = {
  cause: "the server has begun to answer, and does not go on in time: it hangs, the link is very " +
    "slow, or something between drops its large packets",
  cure: "raise --timeout for a slow link; look at the server's log, and at the MTU of the path",
};

/** The server has closed or reset the connection before a byte of TLS. */
function hangUp({ starttls, port }: Failed): Advice {
  return {
    cause: "the server ends the connection without a word: it speaks something else than TLS " +
      "there, has no certificate, does not like this client, or has crashed",
    cure: "look at the port and at the server's log" +
      (starttls === null ? `; ${portAdvice(port)}` : ""),
  };
}

/** What else than TLS a port may have. */
function portAdvice(port: number): string {
  const usual = usualOn(port);
  if (usual === null) return "a protocol that begins in plain text needs --starttls";
  return `port ${port} has ${usual.name} by custom` +
    (usual.starttls === null ? "" : `, which needs --starttls ${usual.starttls}`);
}

function noOverlap({ offer, oldVersion }: Failed): Advice {
  if (oldVersion !== null) return tooOld(oldVersion, offer);
  const offered = offer === null
    ? ""
    : `: ${count(offer.cipherSuites.length, "cipher suite")} (${
      offer.cipherSuites.slice(0, 4).join(", ")
    }${offer.cipherSuites.length > 4 ? ", ..." : ""}), the groups ${offer.groups.join(", ")} and ${
      join(offer.versions)
    } were offered`;
  return {
    cause: `both ends share no cipher suite, group or signature scheme${offered}`,
    cure: "enable at the server what is offered, as TLS 1.3, or ECDHE with AES-GCM or " +
      "ChaCha20-Poly1305 in TLS 1.2; if the offer was narrowed by --suites, --groups, --schemes " +
      "or --policy, widen it",
  };
}

function tooOld(version: number, offer: Offer | null): Advice {
  return {
    cause: `the server speaks ${describeVersion(version)} only, which is no longer secure ` +
      `(RFC 8996); ${join(offer?.versions ?? [])} was offered`,
    cure: "enable TLS 1.2 or 1.3 at the server, which may need newer software; this program does " +
      "not speak older versions",
  };
}

function versions({ offer, oldVersion }: Failed): Advice {
  if (oldVersion !== null) return tooOld(oldVersion, offer);
  return {
    cause: `the server speaks none of the versions that were offered: ${
      join(offer?.versions ?? [])
    }`,
    cure: "enable TLS 1.2 or 1.3 at the server; if the offer was narrowed by --versions or " +
      "--policy, widen it",
  };
}

function clientCertificate(showsCertificate: boolean): Advice {
  return showsCertificate
    ? {
      cause:
        "the server does not accept the client certificate that was shown: it trusts another " +
        "authority, or the certificate has expired or is not made for clients",
      cure: "look at the server's log; choose a certificate of an authority that it accepts",
    }
    : {
      cause: "the server wants a client certificate, and none was given",
      cure: "give one by --cert and --key, --p12, or --db with --cert",
    };
}

const UNTRUSTED =
  /^SSL_ERROR_(?:BAD_CERT|UNKNOWN_CA|CERTIFICATE_UNKNOWN|EXPIRED_CERT|REVOKED_CERT|UNSUPPORTED_CERT|ACCESS_DENIED|RX_CERTIFICATE_REQUIRED)_ALERT$/;
const NO_OVERLAP =
  /^SSL_ERROR_(?:HANDSHAKE_FAILURE_ALERT|NO_CYPHER_OVERLAP|INSUFFICIENT_SECURITY_ALERT|UNSUPPORTED_SIGNATURE_ALGORITHM)$/;
const VERSION = /^SSL_ERROR_(?:PROTOCOL_VERSION_ALERT|UNSUPPORTED_VERSION)$/;
const NOT_TLS = /^SSL_ERROR_(?:RX_UNKNOWN_RECORD_TYPE|RX_RECORD_TOO_LONG|UNSUPPORTED_VERSION)$/;

/** Whether a failed handshake may be that of a server which has old versions only. */
export function mayBeOld({ error, received }: Pick<Failed, "error" | "received">): boolean {
  if (!(error instanceof NssError) || !looksLikeTls(received) && received.length > 0) return false;
  return VERSION.test(error.name) || NO_OVERLAP.test(error.name) ||
    /^PR_(?:CONNECT_RESET|END_OF_FILE)_ERROR$/.test(error.name);
}

/** Explains a failed handshake. */
export function explainFailure(failed: Failed): Diagnosis {
  const { error, received, wantsCertificate } = failed;
  const says = safe(error.message, 600);
  if (error instanceof PlainTextError) {
    return { error: null, says: `Cannot start TLS: ${says}`, ...plainText(error, failed.starttls) };
  }
  const base = { error: error.name, says };
  if (NOT_TLS.test(error.name) && !looksLikeTls(received)) return { ...base, ...notTls(received) };
  const isEnd = /^PR_(?:CONNECT_RESET|END_OF_FILE)_ERROR$/.test(error.name);
  if (error.name === "PR_IO_TIMEOUT_ERROR") {
    return { ...base, ...received.length === 0 ? silence(failed) : SLOWNESS };
  }
  const isAboutUs = UNTRUSTED.test(error.name) ||
    wantsCertificate && (isEnd || /_ALERT$/.test(error.name));
  if (isAboutUs) return { ...base, ...clientCertificate(failed.showsCertificate) };
  if (VERSION.test(error.name)) return { ...base, ...versions(failed) };
  if (NO_OVERLAP.test(error.name)) return { ...base, ...noOverlap(failed) };
  if (isEnd && failed.oldVersion !== null) {
    return { ...base, ...tooOld(failed.oldVersion, failed.offer) };
  }
  if (isEnd && received.length === 0) return { ...base, ...hangUp(failed) };
  return { ...base, ...adviceOf(error.name) };
}

/** Explains how an established connection was lost. */
export function explainLoss(
  error: NssError,
  { request, identity }: { readonly request: unknown; readonly identity: string },
): Advice & { readonly says: string } {
  if (error.name === "PR_END_OF_FILE_ERROR") {
    return {
      says: "Cannot read on",
      cause: "the server has ended the connection without close_notify, so what has come may be " +
        "cut short",
      cure: "a protocol that marks the end of its data, as HTTP does, shows whether all is there",
    };
  }
  if (error.name === "PR_CONNECT_RESET_ERROR") {
    return {
      says: "Cannot read on",
      cause:
        "the server, or something between, has reset the connection, so what has come may be " +
        "cut short",
      cure: "look at the server's log; with --half-close, try without",
    };
  }
  const says = safe(error.message, 600);
  const isAboutUs = UNTRUSTED.test(error.name) || request !== null && /_ALERT$/.test(error.name);
  if (isAboutUs) return { says, ...clientCertificate(identity === "shown") };
  return { says, ...adviceOf(error.name) };
}
