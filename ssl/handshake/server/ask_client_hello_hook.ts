// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError, toSslError } from "../../base/errors.ts";
import { alpnProtocols } from "../../extensions/application_layer_protocol_negotiation.ts";
import { keyShareClientHello } from "../../extensions/key_share.ts";
import { serverName } from "../../extensions/server_name.ts";
import { signatureAlgorithms } from "../../extensions/signature_algorithms.ts";
import { supportedGroups } from "../../extensions/supported_groups.ts";
import { supportedVersionsClientHello } from "../../extensions/supported_versions.ts";
import type { ClientHelloInfo } from "../../config/hooks.ts";
import type { ClientHello } from "../../messages/client_hello.ts";
import type { HandshakeMessage } from "../../messages/handshake.ts";
import type { HandshakeContext } from "../handshake.ts";
import { ja4Of } from "./ja4.ts";

/**
 * Calls the application's ClientHello hook, before anything is negotiated.
 *
 * @param hs The context of the handshake.
 * @param message The message.
 * @param hello The parsed ClientHello.
 * @param isRetry Whether it is the second one, after a HelloRetryRequest.
 * @throws {SslError} If the hook refuses it.
 */
export async function askClientHelloHook(
  hs: HandshakeContext,
  message: HandshakeMessage,
  hello: ClientHello,
  isRetry: boolean,
): Promise<void> {
  const { clientHelloCallback } = hs.config;
  if (clientHelloCallback === null) return;
  const info = await describe(hs, message, hello, isRetry);
  let verdict;
  try {
    verdict = await hs.hooks.call(clientHelloCallback, info);
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APPLICATION_ABORT");
  }
  // A hook in JavaScript may return any value: only undefined and true accept.
  if (verdict === undefined || verdict === true) return;
  throw new SslError(
    "SSL_ERROR_APPLICATION_ABORT",
    "Cannot take ClientHello: the clientHelloCallback hook refuses it",
  );
}

/** Returns copies, so that changes by the application do not affect the handshake. */
async function describe(
  { established }: HandshakeContext,
  { raw }: HandshakeMessage,
  hello: ClientHello,
  isRetry: boolean,
): Promise<ClientHelloInfo> {
  const { extensions, legacyVersion } = hello;
  return {
    raw: raw.slice(),
    ja4: await ja4Of(hello),
    isRetry,
    isRenegotiation: established !== null,
    legacyVersion,
    versions: [...extensions?.get(supportedVersionsClientHello) ?? [legacyVersion]],
    random: hello.random.slice(),
    sessionId: hello.legacySessionId.slice(),
    cipherSuites: [...hello.cipherSuites],
    compressionMethods: [...hello.legacyCompressionMethods],
    extensions: (extensions?.types() ?? []).map((type) => ({
      type,
      body: extensions!.body(type)!.slice(),
    })),
    serverName: extensions?.get(serverName)?.toLowerCase() ?? null,
    alpnProtocols: [...extensions?.get(alpnProtocols) ?? []],
    groups: [...extensions?.get(supportedGroups) ?? []],
    keyShareGroups: (extensions?.get(keyShareClientHello) ?? []).map(({ group }) => group),
    signatureSchemes: [...extensions?.get(signatureAlgorithms) ?? []],
  };
}
