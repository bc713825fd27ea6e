// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * HelloRetryRequest and its cookie, which contains the state after the first ClientHello (RFC 8446,
 * Sections 4.1.4 and 4.2.2), so that another socket may continue with the second one.
 *
 * @module
 */

import { bytesEqual } from "../../../../cert/base/bytes.ts";
import { SslError, toSslError } from "../../../base/errors.ts";
import { cookie } from "../../../extensions/cookie.ts";
import { ExtensionBlock } from "../../../extensions/extension_block.ts";
import {
  keyShareClientHello,
  type KeyShareEntry,
  keyShareHelloRetryRequest,
} from "../../../extensions/key_share.ts";
import { preSharedKeyClientHello } from "../../../extensions/pre_shared_key.ts";
import { lookupExtension } from "../../../extensions/registry.ts";
import { supportedVersionsServerHello } from "../../../extensions/supported_versions.ts";
import type { HelloRetryRequestAction } from "../../../config/hooks.ts";
import type { ClientHello } from "../../../messages/client_hello.ts";
import { encodeHandshake } from "../../../messages/handshake.ts";
import { encodeServerHello, HELLO_RETRY_REQUEST_RANDOM } from "../../../messages/server_hello.ts";
import { serverSessionsOf } from "../../../session/server_cache.ts";
import { readTime, writeTime } from "../../../wire/time.ts";
import type { CipherSuite } from "../../../tables/cipher_suites.ts";
import {
  ECH_CONFIRMATION_LENGTH,
  ExtensionType,
  extensionTypeName,
} from "../../../tables/extension_types.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import type { NamedGroup } from "../../../tables/named_groups.ts";
import { TLS_1_2, TLS_1_3 } from "../../../tables/versions.ts";
import { DecodeError } from "../../../wire/decode_error.ts";
import { Reader } from "../../../wire/reader.ts";
import { Writer } from "../../../wire/writer.ts";
import type { HandshakeContext } from "../../handshake.ts";
import { show } from "../../progress.ts";
import type { ServerEch } from "./ech.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What the second ClientHello is checked against. */
export interface Retried {
  /** The first ClientHello; `null` if another socket has received it. */
  readonly first: ClientHello | null;
  readonly cipherSuite: CipherSuite;
  /** The group of the requested share; `null` if the client has already sent one. */
  readonly requestedGroup: NamedGroup | null;
  /** The token of the application. */
  readonly token: Bytes;
  /** The cookie that it must bring back; `null` for none. */
  readonly cookie: Bytes | null;
}

/** What Encrypted Client Hello adds to the state after the first ClientHello. */
export type RetriedEch =
  | {
    readonly kind: "accepted";
    /** The encapsulated key, from which the keys are derived anew; empty at a back end. */
    readonly enc: Bytes;
  }
  | {
    readonly kind: "rejected";
    /** The random bytes in the place of a confirmation. */
    readonly filler: Bytes;
  };

/** The maximum length in bytes of an application's token, as in NSS. */
export const MAX_RETRY_TOKEN_LENGTH = 1024;

/** The lifetime in milliseconds of a cookie that comes back to another socket. */
export const COOKIE_LIFETIME = 60_000;

/** The binding that separates cookies from other data sealed with the same keys. */
export const COOKIE_BINDING: Bytes = new TextEncoder().encode("HelloRetryRequest cookie");

/** The checked answer of the application. */
export interface RetryDecision {
  /** Whether to send a HelloRetryRequest even if a key share is suitable. */
  readonly retry: boolean;
  /** Whether early data is refused. */
  readonly refusesEarlyData: boolean;
  /** The token to put into the cookie. */
  readonly token: Bytes;
}

/**
 * Calls the application's HelloRetryRequest hook.
 *
 * @param hs The context of the handshake.
 * @param retried The state after the first ClientHello; `null` for the first one.
 * @throws {SslError} If the hook refuses the client, throws, or returns an invalid answer.
 */
export async function askApplication(
  { config, hooks }: HandshakeContext,
  retried: Retried | null,
): Promise<RetryDecision> {
  const { helloRetryRequestCallback } = config;
  const none = new Uint8Array(0);
  const goesOn = { retry: false, refusesEarlyData: false, token: none };
  if (helloRetryRequestCallback === null) return goesOn;
  let action: HelloRetryRequestAction;
  try {
    action = await hooks.call(helloRetryRequestCallback, {
      firstHello: retried === null,
      clientToken: retried?.token.slice() ?? none,
    });
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
  if (action === "accept") return goesOn;
  if (action === "reject-early-data") return { ...goesOn, refusesEarlyData: true };
  if (action === "fail") {
    throw new SslError(
      "SSL_ERROR_APPLICATION_ABORT",
      "Cannot take ClientHello: the helloRetryRequestCallback refuses it",
    );
  }
  const token = action === "request" ? none : action?.retryToken;
  if (!(token instanceof Uint8Array)) throw badAnswer("it is no action");
  if (retried !== null) throw badAnswer("a client says hello twice at most");
  if (token.length > MAX_RETRY_TOKEN_LENGTH) {
    throw badAnswer(`its token has ${token.length} bytes, more than ${MAX_RETRY_TOKEN_LENGTH}`);
  }
  return { retry: true, refusesEarlyData: true, token: new Uint8Array(token) };
}

function badAnswer(why: string): SslError {
  return new SslError(
    "SSL_ERROR_APP_CALLBACK_ERROR",
    `Cannot follow the answer of helloRetryRequestCallback: ${why}`,
  );
}

/**
 * Encodes the HelloRetryRequest, which another socket adds to its transcript, too.
 *
 * @param confirmation That of Encrypted Client Hello, which ends it.
 */
function helloRetryRequest(
  { legacySessionId }: ClientHello,
  { cipherSuite, requestedGroup, cookie: value }: Omit<Retried, "first" | "token">,
  confirmation?: Bytes,
): Bytes {
  const extensions = new ExtensionBlock().add(supportedVersionsServerHello, TLS_1_3);
  if (requestedGroup !== null) extensions.add(keyShareHelloRetryRequest, requestedGroup.id);
  if (value !== null) extensions.add(cookie, value);
  if (confirmation !== undefined) {
    extensions.addBody(ExtensionType.encryptedClientHello, confirmation);
  }
  return encodeHandshake(
    HandshakeType.serverHello,
    encodeServerHello({
      legacyVersion: TLS_1_2,
      random: HELLO_RETRY_REQUEST_RANDOM,
      legacySessionIdEcho: legacySessionId,
      cipherSuite: cipherSuite.id,
      legacyCompressionMethod: 0,
      extensions,
    }),
  );
}

/** The length in bytes of a random cookie, which only the same socket can check. */
export const BARE_COOKIE_LENGTH = 32;

/**
 * Creates a cookie, in which the hash of the first ClientHello and the selected parameters are
 * sealed. If the shared ticket keys are unavailable, it is random, and this socket relies on its
 * own state.
 */
export async function makeCookie(
  { config, environment, transcript, session }: HandshakeContext,
  { cipherSuite, requestedGroup, token }: Pick<Retried, "cipherSuite" | "requestedGroup" | "token">,
  ech: RetriedEch | null,
): Promise<Bytes> {
  const writer = new Writer().u16(cipherSuite.id).u16(requestedGroup?.id ?? 0);
  writeTime(writer, environment.now());
  writer.vector8(await transcript.digest()).vector16(token);
  if (ech !== null) {
    const isAccepted = ech.kind === "accepted";
    writer.u8(isAccepted ? 1 : 0).vector16(isAccepted ? ech.enc : ech.filler);
  }
  const content = writer.finish();
  const sessions = serverSessionsOf(config.context);
  const sealed = await sessions.sealBytes(content, COOKIE_BINDING, environment, session.wait);
  return sealed ?? environment.random(BARE_COOKIE_LENGTH);
}

/**
 * Continues a handshake that another socket has begun, from the cookie of the second ClientHello,
 * and restores the transcript.
 *
 * @param ech What has been made of the encryption of this ClientHello.
 * @returns The state after the first ClientHello; `null` if this one has no cookie, or the
 * application has not set the hook.
 * @throws {SslError} `SSL_ERROR_BAD_2ND_CLIENT_HELLO` if the cookie cannot be opened, has expired,
 * or has parameters that are not enabled.
 */
export async function resumeRetry(
  hs: HandshakeContext,
  hello: ClientHello,
  ech: ServerEch | null,
): Promise<Retried | null> {
  const { config } = hs;
  const value = hello.extensions?.get(cookie);
  const content = value === undefined ? null : await openCookie(hs, value);
  if (value === undefined || content === null) return null;
  // It is in both ClientHellos, and the encrypted one was opened as the outer one's says.
  const isOpenedSo = ech?.cookie != null && bytesEqual(ech.cookie, value);
  if (ech?.accepted && !isOpenedSo) throw badCookie("another one than that of the outer hello");
  const cipherSuite = config.cipherSuites.find(({ id }) => id === content.cipherSuite);
  const group = config.groups.find(({ id }) => id === content.group);
  if (cipherSuite === undefined || (group === undefined && content.group !== 0)) {
    throw badCookie("of a server with another configuration");
  }
  const requestedGroup = group ?? null;
  const retried: Retried = {
    first: null,
    cipherSuite,
    requestedGroup,
    token: content.token,
    cookie: value,
  };
  hs.transcript.setHash(cipherSuite.hash);
  hs.transcript.add(encodeHandshake(HandshakeType.messageHash, content.helloHash));
  hs.transcript.add(await retryRequestOf(hs, hello, retried, content.ech, ech));
  show(hs, { helloRetryRequest: true });
  return retried;
}

/**
 * Opens a cookie.
 *
 * @returns Its content; `null` if the application has not set the hook.
 * @throws {SslError} `SSL_ERROR_BAD_2ND_CLIENT_HELLO` if it cannot be opened, or has expired.
 */
export async function openCookie(
  { config, environment, session }: HandshakeContext,
  value: Bytes,
): Promise<CookieContent | null> {
  if (config.helloRetryRequestCallback === null) return null;
  const sessions = serverSessionsOf(config.context);
  const opened = await sessions.openBytes(value, COOKIE_BINDING, environment, session.wait);
  const content = opened && readCookie(opened);
  const age = content === null ? -1 : environment.now() - content.createdAt;
  if (content === null || age < 0 || age > COOKIE_LIFETIME) {
    throw badCookie("none of this server's");
  }
  return content;
}

/**
 * Returns the HelloRetryRequest of a first ClientHello whose hash is the transcript.
 *
 * @param before What the server has made of the encryption of the first ClientHello.
 * @param ech What it has made of that of the second one, if it has come to another socket.
 * @throws {SslError} `SSL_ERROR_BAD_2ND_CLIENT_HELLO` if one was decrypted, and the other not with
 * the same keys.
 */
export async function retryRequestOf(
  hs: HandshakeContext,
  hello: ClientHello,
  retried: Omit<Retried, "first" | "token">,
  before: RetriedEch | null,
  ech: ServerEch | null,
): Promise<Bytes> {
  const make = (confirmation?: Bytes) => helloRetryRequest(hello, retried, confirmation);
  if (before?.kind !== "accepted") {
    if (ech?.accepted) throw badCookie("that of a hello that was not encrypted");
    return make(before?.filler);
  }
  if (!ech?.accepted) throw badCookie("that of a hello that was encrypted");
  return await ech.confirmRetry(hs, retried.cipherSuite, make);
}

/** What is sealed in a cookie. */
export interface CookieContent {
  readonly cipherSuite: number;
  readonly group: number;
  readonly createdAt: number;
  readonly helloHash: Bytes;
  readonly token: Bytes;
  readonly ech: RetriedEch | null;
}

function readCookie(bytes: Bytes): CookieContent | null {
  try {
    const reader = new Reader(bytes);
    const content = {
      cipherSuite: reader.u16(),
      group: reader.u16(),
      createdAt: readTime(reader),
      helloHash: reader.vector8(),
      token: reader.vector16(),
      ech: reader.remaining === 0 ? null : readEch(reader),
    };
    reader.finish();
    return content;
  } catch (error) {
    if (error instanceof DecodeError) return null; // the format of another version
    throw error;
  }
}

function readEch(reader: Reader): RetriedEch {
  const kind = reader.u8();
  const bytes = reader.vector16();
  if (kind === 1) return { kind: "accepted", enc: bytes };
  if (kind === 0 && bytes.length === ECH_CONFIRMATION_LENGTH) {
    return { kind: "rejected", filler: bytes };
  }
  throw new DecodeError("what it says of Encrypted Client Hello is of another version");
}

function badCookie(why: string): SslError {
  return badSecondHello(`its cookie is ${why}`);
}

/** Creates the error of a second ClientHello that does not follow from the first one. */
export function badSecondHello(why: string): SslError {
  return new SslError("SSL_ERROR_BAD_2ND_CLIENT_HELLO", `Cannot take second ClientHello: ${why}`);
}

/**
 * The extensions that a second ClientHello may change (RFC 8446, Section 4.1.2); what they may
 * change to is checked for each.
 */
const CHANGEABLE: readonly number[] = [
  ExtensionType.keyShare,
  ExtensionType.earlyData,
  ExtensionType.cookie,
  ExtensionType.preSharedKey,
  ExtensionType.padding,
  ExtensionType.encryptedClientHello,
];

/**
 * Checks that the second ClientHello is the first one but for the changes that RFC 8446, Section
 * 4.1.2, allows. Of a first one that another socket has received only the hash is known, which is
 * part of the transcript.
 *
 * @throws {SslError} `SSL_ERROR_BAD_2ND_CLIENT_HELLO`, or `SSL_ERROR_MISSING_COOKIE_EXTENSION`.
 */
export function checkSecondHello(hello: ClientHello, retried: Retried): void {
  const { first, cipherSuite } = retried;
  if (first !== null) refuseChanges(hello, first);
  else if (!hello.cipherSuites.includes(cipherSuite.id)) {
    throw badSecondHello("it does not offer the cipher suite any more");
  }
  if (hello.extensions?.has(ExtensionType.earlyData)) throw badSecondHello("it has early data");
  const echoed = hello.extensions?.get(cookie);
  if (retried.cookie === null) {
    if (echoed !== undefined) throw badSecondHello("it has a cookie, and was sent none");
  } else if (echoed === undefined) {
    throw new SslError(
      "SSL_ERROR_MISSING_COOKIE_EXTENSION",
      "Cannot take second ClientHello: it does not bring the cookie back",
    );
  } else if (!bytesEqual(echoed, retried.cookie)) throw badSecondHello("its cookie is another one");
}

/** Checks the second ClientHello's key shares: the requested one, or else those of the first. */
export function checkSecondShares(
  shares: readonly KeyShareEntry[],
  { first, requestedGroup }: Retried,
): void {
  if (requestedGroup !== null) {
    if (shares.length !== 1 || shares[0]!.group !== requestedGroup.id) {
      throw badSecondHello("it has another key share than the one that was asked for");
    }
    return;
  }
  if (first === null) return;
  const before = first.extensions?.get(keyShareClientHello) ?? [];
  const isSame = shares.length === before.length &&
    shares.every(({ group, keyExchange }, i) =>
      group === before[i]!.group && bytesEqual(keyExchange, before[i]!.keyExchange)
    );
  if (!isSame) throw badSecondHello("its key shares are others, although none was asked for");
}

function refuseChanges(hello: ClientHello, first: ClientHello): void {
  const isSame = hello.legacyVersion === first.legacyVersion &&
    bytesEqual(hello.random, first.random) &&
    bytesEqual(hello.legacySessionId, first.legacySessionId) &&
    hello.cipherSuites.join() === first.cipherSuites.join() &&
    bytesEqual(hello.legacyCompressionMethods, first.legacyCompressionMethods);
  if (!isSame) throw badSecondHello("it changes what it must not");
  const types = new Set([...first.extensions!.types(), ...hello.extensions!.types()]);
  for (const type of types) {
    // Others may define changes of their own, as that of Encrypted Client Hello does.
    if (CHANGEABLE.includes(type) || lookupExtension(type, "ClientHello") === "unknown") continue;
    const [before, now] = [first, hello].map(({ extensions }) => extensions!.body(type));
    if (before !== undefined && now !== undefined && bytesEqual(before, now)) continue;
    throw badSecondHello(`it changes the extension ${extensionTypeName(type)}`);
  }
  refuseOtherSessions(hello, first);
}

/** Refuses sessions that the first ClientHello does not offer; it may leave some out. */
function refuseOtherSessions(hello: ClientHello, first: ClientHello): void {
  const [before, now] = [first, hello].map(({ extensions }) =>
    extensions!.get(preSharedKeyClientHello)?.identities ?? []
  );
  let next = 0;
  for (const { identity } of now!) {
    while (next < before!.length && !bytesEqual(before![next]!.identity, identity)) next++;
    if (next++ >= before!.length) {
      throw badSecondHello("it offers a session that the first one does not");
    }
  }
}
