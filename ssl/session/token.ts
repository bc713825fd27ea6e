// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { MAX_SESSION_ID_LENGTH } from "../messages/handshake.ts";
import { parseMessage } from "../messages/parse_message.ts";
import { cipherSuiteById, tls12CipherSuiteById } from "../tables/cipher_suites.ts";
import { TLS_1_2, TLS_1_3 } from "../tables/versions.ts";
import { DecodeError } from "../wire/decode_error.ts";
import type { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";
import type { ResumptionToken } from "../base/resumption_token.ts";
import { type ClientSession, isKnown, MAX_SESSION_AGE } from "../base/session_cache.ts";
import {
  decodeText,
  encodeText,
  readChain,
  readPeer,
  writeChain,
  writePeer,
} from "./session_codec.ts";
import { readTime, writeTime } from "../wire/time.ts";

/** "nsst"; tokens of NSS in C begin differently. */
const MAGIC = 0x6e737374;
/** The format version, which follows the magic number. */
const FORM = 3;
/** The length in bytes of the master secret (RFC 5246, Section 8.1). */
const MASTER_SECRET_LENGTH = 48;
/**
 * The maximum length in bytes of a token that is decoded; encoded ones have at most some 200 kB,
 * with certificates of the maximum length.
 */
export const MAX_TOKEN_LENGTH = 2 ** 20;

/** Encodes a token; the bytes are secret. */
export function encodeToken(
  { hostname, configuration, session }: ResumptionToken,
): Uint8Array<ArrayBuffer> {
  const w = new Writer(1024)
    .u32(MAGIC)
    .u8(FORM)
    .vector16(encodeText(hostname))
    .vector24(encodeText(configuration))
    .u16(session.version)
    .u16(session.cipherSuite.id);
  writeTime(w, session.authenticatedAt);
  writeTime(w, session.expiresAt);
  w.vector8(encodeText(session.alpnProtocol));
  writePeer(w, session);
  writeChain(w, session.localChain);
  const none = new Uint8Array(0);
  w.vector24(session.stapledOcspResponse ?? none).vector24(session.signedCertTimestamps ?? none);
  w.vector16(session.ticket);
  if (session.version === TLS_1_3) {
    w.vector8(session.psk).u32(session.ticketAgeAdd).u32(session.maxEarlyData);
    writeTime(w, session.receivedAt);
  } else w.vector8(session.masterSecret).vector8(session.sessionId);
  return w.finish();
}

/**
 * Decodes a token.
 *
 * @throws {SslError} `SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR` if the bytes are malformed.
 */
export function decodeToken(bytes: Uint8Array): ResumptionToken {
  if (!(bytes instanceof Uint8Array) || bytes.length > MAX_TOKEN_LENGTH) {
    throw badToken("read", "it is none");
  }
  const copy = new Uint8Array(bytes); // the result refers to it
  return parseMessage(
    "resumption token",
    "SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR",
    copy,
    readToken,
  );
}

function readToken(r: Reader): ResumptionToken {
  if (r.u32() !== MAGIC) throw new DecodeError("it is foreign");
  const form = r.u8();
  if (form !== FORM) throw new DecodeError(`its form ${form} is unknown`);
  const hostname = decodeText(r.vector16(1));
  const configuration = decodeText(r.vector24(1));
  return { hostname: hostname!, configuration: configuration!, session: readSession(r) };
}

function readSession(r: Reader): ClientSession {
  const version = r.u16();
  const suiteId = r.u16();
  const authenticatedAt = readTime(r);
  const expiresAt = readTime(r);
  if (expiresAt > authenticatedAt + MAX_SESSION_AGE * 1000) {
    throw new DecodeError("it lasts longer than sessions do");
  }
  const alpnProtocol = decodeText(r.vector8());
  const peer = readPeer(r);
  if (!isKnown(peer)) throw new DecodeError("it has no certificate of the server");
  const localChain = readChain(r);
  const response = r.vector24();
  const timestamps = r.vector24();
  const facts = {
    authenticatedAt,
    expiresAt,
    alpnProtocol,
    ...peer,
    localChain,
    stapledOcspResponse: response.length === 0 ? null : response,
    signedCertTimestamps: timestamps.length === 0 ? null : timestamps,
    ticket: r.vector16(),
  };
  if (version === TLS_1_3) {
    const cipherSuite = cipherSuiteById(suiteId);
    if (cipherSuite === undefined || facts.ticket.length === 0) throw inconsistent();
    const psk = r.vector8(cipherSuite.hashLength, cipherSuite.hashLength);
    return {
      version,
      ...facts,
      cipherSuite,
      psk,
      ticketAgeAdd: r.u32(),
      maxEarlyData: r.u32(),
      receivedAt: readTime(r),
    };
  }
  const cipherSuite = tls12CipherSuiteById(suiteId);
  if (version !== TLS_1_2 || cipherSuite === undefined) throw inconsistent();
  const masterSecret = r.vector8(MASTER_SECRET_LENGTH, MASTER_SECRET_LENGTH);
  const sessionId = r.vector8(0, MAX_SESSION_ID_LENGTH);
  if (facts.ticket.length + sessionId.length === 0) throw inconsistent();
  // RFC 7627, Section 5.3: a session without it is not resumed, so that no token has one.
  return { version, ...facts, cipherSuite, masterSecret, sessionId, extendedMasterSecret: true };
}

function inconsistent(): DecodeError {
  return new DecodeError("its parts do not go together");
}

/** Creates the error of a token that cannot be used. */
export function badToken(attempt: string, why: string): SslError {
  return new SslError(
    "SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR",
    `Cannot ${attempt} resumption token: ${why}`,
  );
}
