// Copyright 2026 the NSS for Deno authors. MIT license.

import { applicationChain } from "../authentication/application_chain.ts";
import type { ChannelInfo, PreliminaryChannelInfo } from "../base/channel_info.ts";
import { TLS_1_2, versionName } from "../tables/versions.ts";
import type { Negotiated } from "./negotiated.ts";
import type { Progress } from "./progress.ts";

/** Returns the public form of the result of a handshake. */
export function channelInfo(negotiated: Negotiated): ChannelInfo {
  const { peer, local } = negotiated;
  const isTls12 = negotiated.version === TLS_1_2;
  return {
    version: versionName(negotiated.version),
    cipherSuite: negotiated.cipherSuite.name,
    group: negotiated.group?.name ?? "",
    peerSignatureScheme: peer.signatureScheme,
    localSignatureScheme: local.signatureScheme,
    alpnProtocol: negotiated.alpnProtocol,
    serverName: negotiated.serverName,
    resumed: negotiated.authenticatedAt !== null,
    helloRetryRequest: !isTls12 && negotiated.helloRetryRequest,
    extendedMasterSecret: !isTls12 || negotiated.extendedMasterSecret,
    secureRenegotiation: !isTls12 || negotiated.secureRenegotiation,
    badCertAccepted: peer.badCertAccepted,
    get peerCertificates() {
      return applicationChain(peer.chain);
    },
    localCertificates: local.chain,
  };
}

/** Returns the public form of the progress of a handshake. */
export function preliminaryChannelInfo(progress: Progress): PreliminaryChannelInfo {
  return {
    version: progress.version === 0 ? null : versionName(progress.version),
    cipherSuite: progress.cipherSuite?.name ?? null,
    group: progress.group?.name ?? null,
    peerSignatureScheme: progress.peerSignatureScheme,
    alpnProtocol: progress.alpnProtocol,
    serverName: progress.serverName,
    helloRetryRequest: progress.helloRetryRequest,
    get peerCertificates() {
      return applicationChain(progress.peerChain);
    },
  };
}
