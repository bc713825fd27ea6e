// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { parseCertificatesPem } from "../../cert/certificate/certificate.ts";
import type { ChannelInfo } from "../../ssl/base/channel_info.ts";
import { peerSignedCertTimestamps } from "../../ssl/nss/certificates.ts";
import { peerStapledOCSPResponses } from "../../ssl/nss/certificates.ts";
import { getCipherSuiteInfo } from "../../ssl/nss/cipher_suite_info.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { NAMED_GROUPS } from "../../ssl/tables/named_groups.ts";
import { SIGNATURE_SCHEMES } from "../../ssl/tables/signature_schemes.ts";
import { PROTOCOL_VERSIONS } from "../../ssl/tables/versions.ts";
import type { Observations } from "./config.ts";
import type { Flags } from "./flags.ts";
import { namesOf, splitProtocols } from "./offers.ts";
import { RAW_PUBLIC_KEY, X509 } from "./raw_public_keys.ts";

/** Something is not as the flags say that it has to be. */
export class ExpectationError extends Error {
  override readonly name = "ExpectationError";
}

/** Compares a complete handshake with what the flags expect of it. */
export async function checkHandshake(
  socket: SslSocket,
  info: ChannelInfo,
  flags: Flags,
  seen: Observations,
  isResumption: boolean,
): Promise<void> {
  const version = PROTOCOL_VERSIONS[info.version];
  const isServer = flags.has("-server");
  expectNumber("version", flags.number("-expect-version"), version);
  expectNumber(
    "cipher suite",
    flags.number("-expect-cipher"),
    getCipherSuiteInfo(info.cipherSuite).id,
  );
  if (!info.resumed || info.version === "TLSv1.3") {
    const group = NAMED_GROUPS.find(({ name }) => name === info.group);
    expectNumber("group", flags.number("-expect-curve-id"), group?.id);
  }
  if (!info.resumed) {
    const scheme = SIGNATURE_SCHEMES.find(({ scheme }) => scheme === info.peerSignatureScheme);
    const wanted = flags.number("-expect-peer-signature-algorithm");
    expectNumber("peer's signature scheme", wanted, scheme?.id);
  }
  expect("resumed", isResumption && !flags.has("-expect-session-miss"), info.resumed);
  expectText("ALPN", flags.text(isServer ? "-select-alpn" : "-expect-alpn"), info.alpnProtocol);
  expectText("server name", flags.text("-expect-server-name"), info.serverName);
  if (flags.has("-expect-no-server-name")) expect("server name", null, info.serverName);
  if (flags.has("-expect-hrr")) expect("HelloRetryRequest", true, info.helloRetryRequest);
  if (flags.has("-expect-no-hrr")) expect("HelloRetryRequest", false, info.helloRetryRequest);
  if (flags.has("-expect-extended-master-secret")) {
    expect("extended master secret", true, info.extendedMasterSecret);
  }
  if (flags.has("-expect-secure-renegotiation")) {
    expect("RFC 5746", true, info.secureRenegotiation);
  }
  if (flags.has("-expect-no-secure-renegotiation")) {
    expect("RFC 5746", false, info.secureRenegotiation);
  }
  if (flags.has("-expect-verify-result")) {
    expect(
      "override of a refused certificate",
      flags.has("-verify-fail") && !isResumption,
      info.badCertAccepted,
    );
  }
  const advertised = flags.text("-expect-advertised-alpn");
  if (advertised !== undefined) {
    expectList("protocols", splitProtocols(advertised), seen.clientHello?.alpnProtocols ?? []);
  }
  const type = info.peerRawPublicKey === null ? X509 : RAW_PUBLIC_KEY;
  expectNumber("certificate type", flags.number("-expect-peer-certificate-type"), type);
  const credential = flags.number("-expect-selected-credential");
  expectNumber("credential", credential, seen.selectedCredential);
  const schemes = flags.numbers("-expect-peer-verify-pref");
  if (schemes !== undefined) expectList("peer's schemes", schemes, seen.peerSchemes);
  const caList = flags.text("-expect-client-ca-list");
  if (caList !== undefined) {
    expectList("authorities", namesOf(caList).map(String), (seen.caNames ?? []).map(String));
  }
  await checkProofs(socket, info, flags);
  if (isServer && !isResumption && info.version === "TLSv1.2") {
    const hasId = (seen.sentSessionId?.length ?? 0) > 0;
    if (flags.has("-expect-session-id")) expect("session ID", true, hasId);
    if (flags.has("-expect-no-session-id")) expect("session ID", false, hasId);
  }
}

/** What the peer has shown of itself, which a renegotiation does not change either. */
export async function checkProofs(
  socket: SslSocket,
  info: ChannelInfo,
  flags: Flags,
): Promise<void> {
  if (flags.has("-expect-no-peer-cert")) {
    expect("peer's certificates", 0, info.peerCertificates.length);
  }
  const certFile = flags.text("-expect-peer-cert-file");
  if (certFile !== undefined) {
    expectList(
      "peer's certificates",
      parseCertificatesPem(await Deno.readTextFile(certFile)).map(({ der }) => der.toHex()),
      info.peerCertificates.map(({ der }) => der.toHex()),
    );
  }
  const ocsp = flags.bytes("-expect-ocsp-response");
  if (ocsp !== undefined) {
    expectList("OCSP responses", [ocsp.toHex()], peerStapledOCSPResponses(socket).map(toHex));
  }
  const scts = flags.bytes("-expect-signed-cert-timestamps");
  if (scts !== undefined) {
    expect("SCTs", scts.toHex(), peerSignedCertTimestamps(socket)?.toHex() ?? null);
  }
}

/** Compares two values. */
export function expect<T>(what: string, wanted: T, got: T): void {
  if (wanted !== got) throw new ExpectationError(`${what}: want ${wanted}, got ${got}`);
}

function toHex(bytes: Uint8Array): string {
  return bytes.toHex();
}

function expectNumber(what: string, wanted: number | undefined, got: number | undefined): void {
  if (wanted !== undefined) expect<number | undefined>(what, wanted, got);
}

function expectText(what: string, wanted: string | undefined, got: string | null): void {
  if (wanted !== undefined) expect<string | null>(what, wanted === "" ? null : wanted, got);
}

function expectList<T>(what: string, wanted: readonly T[], got: readonly T[]): void {
  expect(what, wanted.join("\n"), got.join("\n"));
}
