// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import {
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import { applicationChain, SHOWN_WITH_VALUES } from "../authentication/application_chain.ts";
import type { ChannelInfo, PreliminaryChannelInfo } from "../base/channel_info.ts";
import { TLS_1_2, versionName } from "../tables/versions.ts";
import type { EarlyWrite } from "./early_data.ts";
import type { Negotiated } from "./negotiated.ts";
import type { Progress } from "./progress.ts";

type PeerChain = Pick<ChannelInfo, "peerCertificates">;

const CHAINS = new WeakMap<object, readonly Certificate[]>();

/** One getter for all, with which an object takes a quarter of what it takes with its own. */
const PEER_CERTIFICATES: PropertyDescriptorMap = {
  peerCertificates: {
    get(this: object) {
      return applicationChain(CHAINS.get(this) ?? []);
    },
    enumerable: true,
    configurable: true,
  },
  ...SHOWN_WITH_VALUES,
};

/** Adds the peer's certificates, which are copied when they are first asked for. */
function withPeerChain<T extends object>(info: T, chain: readonly Certificate[]): T & PeerChain {
  CHAINS.set(info, chain);
  addPeerCertificates(info);
  return info;
}

function addPeerCertificates<T extends object>(info: T): asserts info is T & PeerChain {
  Object.defineProperties(info, PEER_CERTIFICATES);
}

/** Returns the application's copy of a raw public key. */
export function applicationKey(key: SubjectPublicKeyInfo | null): SubjectPublicKeyInfo | null {
  return key && parseSubjectPublicKeyInfo(key.der);
}

/** Returns the public form of the result of a handshake. */
export function channelInfo(negotiated: Negotiated): ChannelInfo {
  const { peer, local } = negotiated;
  const isTls12 = negotiated.version === TLS_1_2;
  const earlyData = isTls12 ? null : negotiated.earlyData;
  return withPeerChain({
    version: versionName(negotiated.version),
    cipherSuite: negotiated.cipherSuite.name,
    group: negotiated.group?.name ?? "",
    peerSignatureScheme: peer.signatureScheme,
    localSignatureScheme: local.signatureScheme,
    alpnProtocol: negotiated.alpnProtocol,
    serverName: negotiated.serverName,
    resumed: negotiated.authenticatedAt !== null,
    helloRetryRequest: !isTls12 && negotiated.helloRetryRequest,
    echAccepted: !isTls12 && negotiated.echAccepted,
    extendedMasterSecret: !isTls12 || negotiated.extendedMasterSecret,
    secureRenegotiation: !isTls12 || negotiated.secureRenegotiation,
    badCertAccepted: peer.badCertAccepted,
    peerRawPublicKey: applicationKey(peer.rawPublicKey),
    localRawPublicKey: applicationKey(local.rawPublicKey),
    pskIdentity: peer.pskIdentity?.slice() ?? null,
    earlyDataAccepted: earlyData !== null,
    earlyDataLength: earlyData ?? 0,
    localCertificates: local.chain,
  }, peer.chain);
}

/** Returns the public form of the progress of a handshake. */
export function preliminaryChannelInfo(
  progress: Progress,
  earlyWrite: EarlyWrite | null,
): PreliminaryChannelInfo {
  return withPeerChain({
    version: progress.version === 0 ? null : versionName(progress.version),
    cipherSuite: progress.cipherSuite?.name ?? null,
    group: progress.group?.name ?? null,
    peerSignatureScheme: progress.peerSignatureScheme,
    alpnProtocol: progress.alpnProtocol,
    serverName: progress.serverName,
    helloRetryRequest: progress.helloRetryRequest,
    canSendEarlyData: earlyWrite?.sending ?? false,
    maxEarlyDataSize: earlyWrite?.sending ? earlyWrite.limit : 0,
    echAccepted: progress.echAccepted,
    peerRawPublicKey: applicationKey(progress.peerRawPublicKey),
  }, progress.peerChain);
}
