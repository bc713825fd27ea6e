// Copyright 2026 the NSS for Deno authors. MIT license.

/** The `HandshakeType` of a message: RFC 8446, Section 4, and TLS 1.2's (RFC 5246, Section 7.4). */
export const HandshakeType = {
  helloRequest: 0,
  clientHello: 1,
  serverHello: 2,
  newSessionTicket: 4,
  endOfEarlyData: 5,
  encryptedExtensions: 8,
  certificate: 11,
  serverKeyExchange: 12,
  certificateRequest: 13,
  serverHelloDone: 14,
  certificateVerify: 15,
  clientKeyExchange: 16,
  finished: 20,
  certificateStatus: 22,
  keyUpdate: 24,
  compressedCertificate: 25,
  nextProtocol: 67,
  /** Never sent: it replaces ClientHello1 in the transcript (RFC 8446, Section 4.4.1). */
  messageHash: 254,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(HandshakeType).map(([name, type]) => [
    type,
    name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  ]),
);

/**
 * Returns the name of a handshake message.
 *
 * @param type The `HandshakeType`.
 * @returns The RFC's name, such as `"client_hello"`, or `"handshake message 99"`.
 */
export function handshakeTypeName(type: number): string {
  return NAMES.get(type) ?? `handshake message ${type}`;
}
