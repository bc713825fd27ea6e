// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * HelloRetryRequest, and the cookie in it that holds all there is to know of the first ClientHello
 * (RFC 8446, Sections 4.1.4 and 4.2.2): the second one may reach another socket, which goes on from
 * there.
 *
 * @module
 */

import { SslError, toSslError } from "../../../base/errors.ts";
import { cookie } from "../../../extensions/cookie.ts";
import { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { keyShareHelloRetryRequest } from "../../../extensions/key_share.ts";
import { supportedVersionsServerHello } from "../../../extensions/supported_versions.ts";
import type { HelloRetryRequestAction } from "../../../config/hooks.ts";
import type { ClientHello } from "../../../messages/client_hello.ts";
import { encodeHandshake } from "../../../messages/handshake.ts";
import { encodeServerHello, HELLO_RETRY_REQUEST_RANDOM } from "../../../messages/server_hello.ts";
import { serverSessionsOf } from "../../../session/server_cache.ts";
import { readTime, writeTime } from "../../../session/session_codec.ts";
import type { CipherSuite } from "../../../tables/cipher_suites.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import type { NamedGroup } from "../../../tables/named_groups.ts";
import { TLS_1_2, TLS_1_3 } from "../../../tables/versions.ts";
import { DecodeError } from "../../../wire/decode_error.ts";
import { Reader } from "../../../wire/reader.ts";
import { Writer } from "../../../wire/writer.ts";
import type { HandshakeContext } from "../../handshake.ts";
import { show } from "../../progress.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What a HelloRetryRequest has asked for; the second ClientHello is held against it. */
export interface Retried {
  /** The first hello; `null` where another socket has seen it. */
  readonly first: ClientHello | null;
  readonly cipherSuite: CipherSuite;
  /** The group of which a share was asked for; `null` where the client had sent one. */
  readonly requestedGroup: NamedGroup | null;
  /** What the application has asked the client to bring back. */
  readonly token: Bytes;
  readonly cookie: Bytes;
}

/** The longest token of an application's (NSS has the same). */
export const MAX_RETRY_TOKEN_LENGTH = 1024;

/** How long a cookie is good where it comes back to another socket, in milliseconds. */
export const COOKIE_LIFETIME = 60_000;

/** Tells cookies from the other things that the same keys seal. */
export const COOKIE_BINDING: Bytes = new TextEncoder().encode("HelloRetryRequest cookie");

/** The application's answer, checked. */
export interface RetryDecision {
  /** Whether there is to be a HelloRetryRequest, whatever the key shares are. */
  readonly retry: boolean;
  /** What is to come back with the second hello. */
  readonly token: Bytes;
}

/**
 * Asks the application whether a client is to say hello once more.
 *
 * @param retried What the first hello has led to; `null` for the first one.
 * @throws {SslError} If it refuses the client, or wants what cannot be.
 */
export async function askApplication(
  { config, hooks }: HandshakeContext,
  retried: Retried | null,
): Promise<RetryDecision> {
  const { helloRetryRequestCallback } = config;
  const none = new Uint8Array(0);
  if (helloRetryRequestCallback === null) return { retry: false, token: none };
  let action: HelloRetryRequestAction;
  try {
    action = await hooks.call(helloRetryRequestCallback, {
      firstHello: retried === null,
      clientToken: retried?.token.slice() ?? none,
    });
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
  if (action === "accept") return { retry: false, token: none };
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
  return { retry: true, token: new Uint8Array(token) };
}

function badAnswer(why: string): SslError {
  return new SslError(
    "SSL_ERROR_APP_CALLBACK_ERROR",
    `Cannot follow the answer of helloRetryRequestCallback: ${why}`,
  );
}

/** The HelloRetryRequest message, which the transcript of another socket has as well. */
export function helloRetryRequest(
  { legacySessionId }: ClientHello,
  { cipherSuite, requestedGroup, cookie: value }: Omit<Retried, "first" | "token">,
): Bytes {
  const extensions = new ExtensionBlock().add(supportedVersionsServerHello, TLS_1_3);
  if (requestedGroup !== null) extensions.add(keyShareHelloRetryRequest, requestedGroup.id);
  return encodeHandshake(
    HandshakeType.serverHello,
    encodeServerHello({
      legacyVersion: TLS_1_2,
      random: HELLO_RETRY_REQUEST_RANDOM,
      legacySessionIdEcho: legacySessionId,
      cipherSuite: cipherSuite.id,
      legacyCompressionMethod: 0,
      extensions: extensions.add(cookie, value),
    }),
  );
}

/** How long a cookie is that says nothing: it only shows that the client follows the rules. */
const BARE_COOKIE_LENGTH = 32;

/**
 * Makes a cookie. Where the application takes part, the first hello's hash and what was chosen by
 * it are sealed in it; where the keys that processes share are out of reach, or nobody would look
 * into it, this socket goes by the state that it keeps itself.
 */
export async function makeCookie(
  { config, environment, transcript }: HandshakeContext,
  { cipherSuite, requestedGroup, token }: Pick<Retried, "cipherSuite" | "requestedGroup" | "token">,
): Promise<Bytes> {
  let sealed: Bytes | null = null;
  if (config.helloRetryRequestCallback !== null) {
    const writer = new Writer().u16(cipherSuite.id).u16(requestedGroup?.id ?? 0);
    writeTime(writer, environment.now());
    const content = writer.vector8(await transcript.digest()).vector16(token).finish();
    const sessions = serverSessionsOf(config.context);
    sealed = await sessions.sealBytes(content, COOKIE_BINDING, environment);
  }
  return sealed ?? environment.random(BARE_COOKIE_LENGTH);
}

/**
 * Takes up, from the cookie in it, a handshake that another socket has begun: the transcript is
 * what it would be there.
 *
 * @returns What the cookie says; `null` where the hello has none, or this server does not ask for
 * any.
 * @throws {SslError} `SSL_ERROR_BAD_2ND_CLIENT_HELLO` if the cookie was made by nobody who has the
 * keys, is old, or chooses what is not enabled here.
 */
export async function resumeRetry(
  hs: HandshakeContext,
  hello: ClientHello,
): Promise<Retried | null> {
  const { config, environment } = hs;
  const value = hello.extensions?.get(cookie);
  if (value === undefined || config.helloRetryRequestCallback === null) return null;
  const sessions = serverSessionsOf(config.context);
  const opened = await sessions.openBytes(value, COOKIE_BINDING, environment);
  const content = opened && readCookie(opened);
  const age = content === null ? -1 : environment.now() - content.createdAt;
  if (content === null || age < 0 || age > COOKIE_LIFETIME) {
    throw badCookie("none of this server's");
  }
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
  hs.transcript.add(helloRetryRequest(hello, retried));
  show(hs, { helloRetryRequest: true });
  return retried;
}

interface CookieContent {
  readonly cipherSuite: number;
  readonly group: number;
  readonly createdAt: number;
  readonly helloHash: Bytes;
  readonly token: Bytes;
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
    };
    reader.finish();
    return content;
  } catch (error) {
    if (error instanceof DecodeError) return null; // of another version of the library
    throw error;
  }
}

function badCookie(why: string): SslError {
  return new SslError(
    "SSL_ERROR_BAD_2ND_CLIENT_HELLO",
    `Cannot take second ClientHello: its cookie is ${why}`,
  );
}
